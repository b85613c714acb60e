import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAdministeredGateway, type AdministeredGateway } from '@sluice/testing/administered-gateway';

/** Every command is a process. */
export const ADMIN_TIMEOUT_MS = 60_000;

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
type Options = { readonly env?: Readonly<Record<string, string>>; readonly input?: string };

/** `./sluice admin` as a person types it, in front of a real gateway of its own. */
export type AdminShell = {
  readonly db: AdministeredGateway['db'];
  readonly sluice: (...args: string[]) => Promise<Ended>;
  readonly sluiceWith: (options: Options, ...args: string[]) => Promise<Ended>;
  /** Stdout of a command; one that fails or says something on stderr fails the test. */
  readonly said: (...args: string[]) => Promise<string>;
  /** The same of a command with --json, read. */
  readonly json: (...args: string[]) => Promise<unknown>;
  /** What the gateway answers to an API key. */
  readonly statusOf: (apiKey: string) => Promise<number>;
  readonly logIn: (email: string, password: string) => Promise<number>;
  readonly close: () => Promise<void>;
};

export async function startAdminShell(): Promise<AdminShell> {
  const gateway = await startAdministeredGateway();
  // Tens of processes start: they share what Node made of the same files.
  const compileCache = mkdtempSync(join(tmpdir(), 'sluice-compile-cache-'));
  const sluiceWith: AdminShell['sluiceWith'] = (options, ...args) => run(gateway, { compileCache, ...options }, args);
  const said: AdminShell['said'] = async (...args) => {
    const { code, stdout, stderr } = await sluiceWith({}, ...args);
    if (code !== 0 || stderr !== '') throw new Error(`"${args.join(' ')}" ended with ${code} and said: ${stderr}`);
    return stdout;
  };
  return {
    db: gateway.db,
    sluice: (...args) => sluiceWith({}, ...args),
    sluiceWith,
    said,
    json: async (...args) => JSON.parse(await said(...args, '--json')),
    statusOf: async (apiKey) => (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } })).status,
    logIn: async (email, password) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${gateway.url}/auth/login`, { method: 'POST', headers, body: JSON.stringify({ email, password }) })).status;
    },
    close: async () => {
      await gateway[Symbol.asyncDispose]();
      rmSync(compileCache, { recursive: true, force: true });
    },
  };
}

/** A name that nothing else has. */
export function unique(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`;
}

async function run(
  { url, adminKey }: AdministeredGateway,
  { compileCache, env, input = '' }: Options & { compileCache: string },
  args: readonly string[],
): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'admin', ...args], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: compileCache,
      SLUICE_HOME: '/nonexistent/home',
      SLUICE_URL: url,
      SLUICE_ADMIN_KEY: adminKey,
      ...env,
    },
  });
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
