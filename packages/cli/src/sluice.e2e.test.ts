import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@sluice/stack/wait-until';

/** A whole stack with a new Postgres cluster, on a machine that is busy with other tests. */
const TIMEOUT_MS = 90_000;

let folder: string;
let home: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  // Under root, Postgres must reach it as another user.
  chmodSync(folder, 0o711);
  home = join(folder, 'home');
});

afterAll(async () => {
  await sluice('down').ended;
  rmSync(folder, { recursive: true });
}, TIMEOUT_MS);

describe('./sluice', () => {
  test(
    'up --detach --json prints one object and nothing else, and does so again when all runs already',
    async () => {
      const first = await sluice('up', '--detach', '--json').ended;
      expect({ code: first.code, lines: first.stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
      expect(JSON.parse(first.stdout)).toEqual({
        baseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1$/),
        metricsUrls: {
          gateway: expect.stringMatching(/\/metrics$/),
          runtime: expect.stringMatching(/\/metrics$/),
          jobs: expect.stringMatching(/\/metrics$/),
        },
        model: 'demo-chat',
        apiKey: expect.stringMatching(/^sk-/),
        adminKey: expect.stringMatching(/^sk-/),
        adminPassword: expect.stringMatching(/^[\w-]{24}$/),
        home,
      });
      expect(await sluice('up', '--detach', '--json').ended).toMatchObject({ code: 0, stdout: first.stdout });
    },
    TIMEOUT_MS,
  );

  test(
    'chat prints the model’s answer',
    async () => {
      expect(await sluice('chat', 'What', 'is', 'the', 'capital', 'of', 'France?').ended).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Paris'),
      });
    },
    TIMEOUT_MS,
  );

  test(
    'chat without a message holds a conversation, to the end of its input',
    async () => {
      const { child, ended } = sluice('chat');
      child.stdin?.end('My name is Anna.\nWhat is my name?\n');
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Anna');
      expect(stdout.match(/demo-chat › ./g)).toHaveLength(2);
    },
    TIMEOUT_MS,
  );

  test(
    'status and logs tell what runs',
    async () => {
      expect(await sluice('status').ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Ready at http') });
      expect((await sluice('logs', 'gateway').ended).stdout).toContain('outcome=completed');
      expect((await sluice('status').ended).stdout).toMatch(/jobs +running/);
      const isWritten = async () => ((await sluice('logs', 'jobs').ended).stdout.includes('job=append-history') ? true : undefined);
      await waitUntil('line of written history', isWritten, { deadlineMs: 20_000 });
    },
    TIMEOUT_MS,
  );

  test(
    'prisma works on the running stack’s database',
    async () => {
      expect((await sluice('prisma', 'migrate', 'status').ended).stdout).toContain('Database schema is up to date!');
    },
    TIMEOUT_MS,
  );

  test(
    'the stack can be seeded again, and administered without an address or a key',
    async () => {
      const { stdout } = await sluiceWith({ SEED_DEMO: '1' }, 'prisma', 'db', 'seed').ended;
      expect(stdout).toMatch(/^Trial key: {2}sk-/m);
      expect((await sluiceWith({ SEED_DEMO: '1' }, 'prisma', 'db', 'seed').ended).stdout).not.toContain('key: ');
      expect((await sluice('admin', 'projects', 'list').ended).stdout).toMatch(/^Demo .* enterprise .*\nTrial .* free /m);
    },
    TIMEOUT_MS,
  );

  test(
    'down stops it all',
    async () => {
      expect(await sluice('down').ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Stopped') });
      expect(await sluice('status').ended).toMatchObject({ code: 1, stdout: expect.stringContaining('Nothing is running') });
      expect(await sluice('chat', 'hello').ended).toMatchObject({ code: 2, stderr: expect.stringContaining('up') });
    },
    TIMEOUT_MS,
  );

  test(
    'up stays in the terminal until Ctrl-C, and stops in order',
    async () => {
      const { child, ended } = sluice('up');
      await new Promise<void>((resolve) => child.stdout?.on('data', (text: Buffer) => text.includes('Ctrl-C') && resolve()));
      child.kill('SIGINT');
      const { code, stdout } = await ended;
      expect(code).toBe(0);
      expect(stdout).toMatch(/stopping gateway\s+stopping jobs\s+stopping runtime\s+stopping redis\s+stopping postgres\s+Stopped/);
    },
    TIMEOUT_MS,
  );

  test(
    'up says which service failed, and why, and leaves nothing behind',
    async () => {
      const { code, stdout, stderr } = await sluiceWith({ SLUICE_MODEL: 'nowhere.gguf' }, 'up', '--detach', '--json').ended;
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/✗ runtime: .*nowhere\.gguf does not exist/);
      expect(await sluice('status').ended).toMatchObject({ code: 1, stdout: expect.stringContaining('Nothing is running') });
    },
    TIMEOUT_MS,
  );
});

type Ended = { code: number | null; stdout: string; stderr: string };

function sluice(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  return sluiceWith({}, ...args);
}

function sluiceWith(env: NodeJS.ProcessEnv, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { ...process.env, ...env, SLUICE_HOME: home },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}
