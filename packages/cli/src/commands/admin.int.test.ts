import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { appendRequests, type RequestRow } from '@sluice/prisma/append-requests';
import { startAdministeredGateway, type AdministeredGateway } from '@sluice/testing/administered-gateway';
import { z } from 'zod';

const TIMEOUT_MS = 60_000;
const PASSWORD = 'correct horse battery';
const MODEL = 'scripted';
/** A hundred processes start here: they share what Node made of the same files. */
const COMPILE_CACHE = mkdtempSync(join(tmpdir(), 'sluice-compile-cache-'));
let gateway: AdministeredGateway;
jest.setTimeout(TIMEOUT_MS);

beforeAll(async () => {
  gateway = await startAdministeredGateway();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  rmSync(COMPILE_CACHE, { recursive: true, force: true });
});

describe('projects', () => {
  test('are made, shown, changed, listed in parts and archived', async () => {
    const name = unique('shop');
    expect(await said('projects', 'create', '--name', name, '--tier', 'pro', '--limit', 'rpm=30', '--store-content', 'on')).toMatch(
      /^Made the project shop-\w+ \(proj_\w+\)\.\n\n[^]*limits +30 requests per minute\ncontent +prompts and answers are kept\n/,
    );
    const changed = await said('projects', 'update', name, '--limit', 'rpm=none', '--limit', 'usd-per-month=12.50', '--models', MODEL);
    expect(changed).toMatch(/models +scripted\nlimits +\$12\.50 per month\n/);
    expect(await said('projects', 'show', name)).toBe(changed);
    const firstPage = await said('projects', 'list', '--rows', '1');
    const more = /There is more: SLUICE_HOME=\S+ \.\/sluice admin (projects list --rows 1 --after proj_\w+)\n$/.exec(firstPage)?.[1] ?? '';
    expect(firstPage).toMatch(
      /^NAME +ID +TIER +STATUS +CREATED +MODELS\nDemo +proj_\w+ +enterprise +active +\d{4}-\d\d-\d\d \d\d:\d\dZ +any\n/,
    );
    expect(await said(...more.split(' '))).not.toContain('Demo');
    expect(await said('projects', 'archive', name, '--yes')).toContain('Archived');
    expect(await said('projects', 'list', '--rows', '100')).not.toContain(name);
    expect(await said('projects', 'list', '--rows', '100', '--archived')).toMatch(new RegExp(`^${name} .* archived `, 'm'));
  });

  test('can be had as the API writes them', async () => {
    const name = unique('json');
    const created = z
      .object({ id: z.string(), object: z.literal('organization.project') })
      .parse(await json('projects', 'create', '--name', name));
    expect(await json('projects', 'update', name, '--name', `${name}-2`)).toMatchObject({ id: created.id, name: `${name}-2` });
    expect(await json('projects', 'list')).toMatchObject({ object: 'list', data: expect.any(Array), has_more: false });
  });

  test('that were made with settings that are refused are said to be there', async () => {
    const name = unique('half');
    const { code, stdout, stderr } = await sluice('projects', 'create', '--name', name, '--limit', 'rpm=999999');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^The project half-\w+ \(proj_\w+\) was made, but its settings were refused: .*requests_per_minute.*looser than the tier/,
    );
  });
});

describe('keys', () => {
  test('are shown once, work, rotate with an overlap and end', async () => {
    const name = unique('key');
    const options = ['--owner', 'admin@localhost', '--expires', '30d', '--limit', 'rpm=10', '--ips', '127.0.0.1', '--scopes', 'models'];
    const created = await said('keys', 'create', '--project', 'Demo', '--name', name, ...options);
    const [, id = '', key = ''] =
      /^Made the key \S+ \((key_\w+)\):\n\n {2}(sk-\S+)\n\nStore it now: it is not shown again/.exec(created) ?? [];
    expect(await statusOf(key)).toBe(200);
    const shown = await said('keys', 'show', id);
    expect(shown).toMatch(/owner +admin@localhost\nscopes +models\n[^]*addresses +127\.0\.0\.1\nlimits +10 requests per minute\n/);
    expect(`${shown}${await said('keys', 'list', '--project', 'Demo')}`).not.toContain(key);
    expect(await said('keys', 'update', id, '--ips', 'any', '--expires', 'never')).toMatch(/addresses +any\n[^]*expires +never\n/);
    const rotated = await said('keys', 'rotate', id, '--overlap', '24h');
    const [, newKey = ''] = /\n {2}(sk-\S+)\n[^]*The old key works until \d{4}-/.exec(rotated) ?? [];
    expect([await statusOf(key), await statusOf(newKey)]).toEqual([200, 200]);
    expect(await said('keys', 'revoke', id, '--yes')).toContain('It does not work any more.');
    expect([await statusOf(key), await statusOf(newKey)]).toEqual([401, 200]);
  });

  test('tell a program everything, the plaintext too, in one object', async () => {
    const created = await json('keys', 'create', '--project', 'Demo', '--name', unique('json'), '--owner', 'project', '--signed');
    expect(created).toMatchObject({ value: expect.stringMatching(/^sk-/), signing_secret: expect.any(String), owner: {} });
    const { id } = z.object({ id: z.string() }).parse(created);
    expect(await json('keys', 'rotate', id)).toMatchObject({ value: expect.stringMatching(/^sk-/), rotated_from: id });
  });

  test('of service accounts end with them', async () => {
    const name = unique('bot');
    const created = await said('service-accounts', 'create', '--project', 'Demo', '--name', name);
    const [, id = '', key = ''] = /\((svcacct_\w+)\)\. Its key:\n\n {2}(sk-\S+)\n/.exec(created) ?? [];
    expect(await said('service-accounts', 'list', '--project', 'Demo')).toMatch(new RegExp(`^${name} +${id} `, 'm'));
    expect(await statusOf(key)).toBe(200);
    expect(await said('service-accounts', 'delete', id, '--project', 'Demo', '--yes')).toContain('Deleted.');
    expect(await statusOf(key)).toBe(401);
  });

  test('for administration act as whoever made them, until they are revoked', async () => {
    const created = z
      .object({ id: z.string(), value: z.string() })
      .parse(await json('admin-keys', 'create', '--name', unique('ci'), '--expires', '7d'));
    const env = { SLUICE_ADMIN_KEY: created.value };
    expect(await sluiceWith({ env }, 'tiers', 'list')).toMatchObject({ code: 0 });
    expect(await said('admin-keys', 'list')).toMatch(new RegExp(`${created.id} .* Administrator +\\d{4}-`));
    await said('admin-keys', 'revoke', created.id, '--yes');
    expect(await sluiceWith({ env }, 'tiers', 'list')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/Incorrect API key provided[^]*\nThe admin key came from SLUICE_ADMIN_KEY\.\n$/),
    });
  });
});

describe('users', () => {
  test('are added with a password from stdin, and get roles, limits and locks', async () => {
    const email = `${unique('eve')}@example.com`;
    const added = await sluiceWith({ input: `${PASSWORD}\n` }, 'users', 'create', '--email', email, '--name', 'Eve', '--password-stdin');
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining(`Added ${email} as member`) });
    expect(await logIn(email, PASSWORD)).toBe(200);
    const other = `${PASSWORD} staple`;
    await sluiceWith({ input: other }, 'users', 'set-password', email, '--password-stdin');
    expect([await logIn(email, PASSWORD), await logIn(email, other)]).toEqual([401, 200]);
    expect(await said('users', 'set-role', email, '--role', 'viewer')).toBe(`${email} is viewer now.\n`);
    expect(await said('users', 'update', email, '--limit', 'tpm=2k', '--name', 'Eve B')).toMatch(
      /name +Eve B\n[^]*limits +2,000 tokens per minute\n/,
    );
    await said('users', 'disable', email.toUpperCase(), '--yes');
    expect(await said('users', 'show', email)).toMatch(/\ndisabled +\d{4}-/);
    await said('users', 'enable', email);
    expect(await said('users', 'list', '--rows', '100')).toMatch(new RegExp(`^${email} +Eve B +viewer +active `, 'm'));
  });

  test('belong to projects, as something', async () => {
    const email = `${unique('pat')}@example.com`;
    await said('users', 'create', '--email', email, '--name', 'Pat', '--without-password');
    const at = [email, '--project', 'Demo'];
    expect(await said('members', 'add', ...at, '--role', 'viewer')).toBe(`Added ${email} as viewer.\n`);
    expect(await said('members', 'set-role', ...at, '--role', 'admin')).toBe(`${email} is admin of the project now.\n`);
    expect(await said('members', 'list', '--project', 'Demo')).toMatch(new RegExp(`^${email} +Pat +admin `, 'm'));
    expect(await json('members', 'remove', ...at, '--yes')).toMatchObject({ deleted: true });
    expect(await said('members', 'list', '--project', 'Demo')).not.toContain(email);
  });
});

describe('what may be used', () => {
  test('tiers are made, changed and deleted', async () => {
    const id = unique('tier');
    const limits = ['--limit', 'rpm=100', '--limit', 'usd-per-month=50', '--endpoint-limit', 'completions:rpm=10'];
    expect(await said('tiers', 'create', id, ...limits, '--queue', '5', '--queue-wait', '20s', '--priority=-5')).toMatch(
      /limits +100 requests per minute, \$50\.00 per month\n +completions: 10 requests per minute\n[^]*queue +5 requests, each for 20 s at most\npriority +-5\n/,
    );
    const changed = await said(
      'tiers',
      'set',
      id,
      '--endpoint-limit',
      'chat.completions:tpm=40k',
      '--limit',
      'rpm=none',
      '--output-tokens',
      '512',
    );
    expect(changed).toMatch(
      /limits +\$50\.00 per month\n +completions: 10 [^]*chat\.completions: 40,000 tokens per minute\n[^]*output +512 tokens at most\n/,
    );
    expect(await said('tiers', 'show', id)).toBe(changed);
    expect(await said('tiers', 'list')).toMatch(/^free +Free +60 +5,000 +40,000 +4 +2,000,000 +– +any$/m);
    expect(await said('tiers', 'delete', id, '--yes')).toBe(`Deleted the tier ${id}.\n`);
    expect(await sluice('tiers', 'show', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('No such tier') });
  });

  test('a list goes on where its last part ended, until there is no more', async () => {
    const seen: string[] = [];
    for (let words = ['tiers', 'list', '--rows=1', '--after=enterprise']; words.length > 1;) {
      const text = await said(...words);
      seen.push(text.split('\n')[1]?.split(' ')[0] ?? '');
      words = (/There is more: .* admin (.*)\n$/.exec(text)?.[1] ?? '').split(' ');
    }
    expect(seen.slice(0, 2)).toEqual(['free', 'pro']);
  });

  test('a tier in use stays', async () => {
    expect(await sluice('tiers', 'delete', 'enterprise', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The tier is in use'),
    });
  });

  test('limits of single models are set over what the tier allows, and taken back', async () => {
    const project = unique('limited');
    await said('projects', 'create', '--name', project, '--tier', 'free');
    const at = ['--project', project, '--model', MODEL];
    expect(await said('limits', 'show', '--project', project)).toMatch(/^scripted +\(60\) +\(5,000\) +\(40,000\)$/m);
    expect(await said('limits', 'set', ...at, '--limit', 'rpm=20')).toMatch(/^scripted +20 +\(5,000\) +\(40,000\)$/m);
    expect(await sluice('limits', 'set', ...at, '--limit', 'rpm=none')).toMatchObject({ code: 2 });
    await said('limits', 'delete', ...at, '--yes');
    expect(await said('limits', 'show', '--project', project)).toMatch(/^scripted +\(60\) /m);
  });

  test('prices are those that people write', async () => {
    const model = `hf:${unique('maker')}/model`;
    expect(await said('prices', 'set', model, '--input', '0.15', '--output', '0.6')).toBe(
      `A million tokens of ${model} cost $0.15 read, $0.15 from the cache, $0.60 written.\n`,
    );
    await said('prices', 'set', model, '--input', '0.15', '--output', '0.6', '--cached', '0.015');
    expect(await said('prices', 'list')).toMatch(new RegExp(`^${model} +\\$0\\.15 +\\$0\\.015 +\\$0\\.60 `, 'm'));
    expect(await json('prices', 'delete', model, '--yes')).toMatchObject({ deleted: true });
  });

  test('the organization has a time zone and limits', async () => {
    const limits = ['--limit', 'concurrent=500', '--timezone', 'Europe/Vienna'];
    expect(await said('organization', 'set', ...limits)).toMatch(/time zone +Europe\/Vienna\nlimits +500 requests at once\n/);
    expect(await json('organization', 'show')).toMatchObject({ timezone: 'Europe/Vienna' });
  });
});

describe('what was used', () => {
  test('is told by day and by model, key, project or user, with totals', async () => {
    const { project, key } = await withHistory();
    const days = ['--project', project, '--from', '2026-03-01', '--to', '2026-03-04'];
    expect(await said('usage', ...days)).toBe(
      [
        '2026-03-01 00:00Z to 2026-03-04 00:00Z',
        '',
        'WHEN        REQUESTS  INPUT  CACHED  OUTPUT',
        '2026-03-01         1  1,000     200      50  █████▍',
        '2026-03-02         0      0       0       0',
        '2026-03-03         2  3,000     400     150  ████████████████',
        '──────────  ────────  ─────  ──────  ──────',
        'total              3  4,000     600     200',
        '',
      ].join('\n'),
    );
    expect(await said('usage', ...days, '--by', 'model')).toMatch(
      /^MODEL +REQUESTS .*\nsmall +2 +2,000 .*\nlarge +1 +2,000 .*\n─+ .*\ntotal +3 /m,
    );
    expect(await said('usage', ...days, '--by', 'model', '--bucket', '1h')).toMatch(/^2026-03-03 05:00Z +large +1 /m);
    expect(await said('usage', ...days, '--by', 'key')).toMatch(new RegExp(`^${key} +3 `, 'm'));
    expect(await said('usage', ...days, '--by', 'project')).toMatch(new RegExp(`^${project} +3 `, 'm'));
    expect(await said('usage', ...days, '--by', 'user')).toMatch(/^– +3 /m);
    expect(await said('costs', ...days, '--by', 'model')).toMatch(
      /^MODEL +COST\nlarge +\$2\.00 .*\nsmall +\$0\.00002 .*\n─+ +─+\ntotal +\$2\.00$/m,
    );
    expect(await json('usage', ...days)).toMatchObject({
      object: 'page',
      data: [{ results: [{ input_tokens: 1_000 }] }, {}, {}],
      has_more: false,
    });
  });

  test('is told request by request, in parts', async () => {
    const { project } = await withHistory();
    const first = await said('requests', '--project', project, '--rows', '2');
    const more = /There is more: SLUICE_HOME=\S+ \.\/sluice admin (requests .* --page \S+)\n$/.exec(first)?.[1] ?? '';
    expect(first).toMatch(/^2026-03-03 05:10Z +\S+ +chat\.completions +large +completed 200 +2,000 +100 +\$2\.00 +85 ms +1200 ms$/m);
    expect(await said(...more.split(' '))).toMatch(/^2026-03-01 /m);
    expect(await said('requests', '--project', project, '--outcome', 'refused')).toBe('There were no such requests.\n');
  });
});

describe('the audit log', () => {
  test('tells who changed what, from what to what', async () => {
    const project = unique('audited');
    await said('projects', 'create', '--name', project);
    await said('projects', 'update', project, '--tier', 'pro');
    const text = await said('audit', '--project', project, '--actor', 'admin@localhost', '--since', '1h');
    expect(text).toMatch(
      /^WHEN +WHO +WHAT +PROJECT +TARGET +CHANGE\n.* admin@localhost +project\.updated +audited-\S+ +proj_\w+ +tier_id: free → pro\n.* project\.created /,
    );
    expect(await json('audit', '--project', project, '--type', 'project.created')).toMatchObject({
      data: [{ type: 'project.created', sluice: { user_agent: 'sluice-cli', before: null, after: { name: project } } }],
    });
    expect(await said('audit', '--project', project, '--until', '2020-01-01')).toBe('Nothing of the kind has happened.\n');
  });
});

describe('what is not done', () => {
  test('a wrong command line ends with 2, before anything is asked', async () => {
    const nowhere = { env: { SLUICE_URL: 'http://127.0.0.1:1', SLUICE_ADMIN_KEY: 'sk-none' } };
    const { code, stdout, stderr } = await sluiceWith(nowhere, 'keys', 'create', '--project', 'Demo', '--name', 'n', '--limit', 'speed=1');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^--limit takes NAME=NUMBER [^]*See \.\/sluice admin keys create --help\.\n$/);
  });

  test('nothing that cannot be undone is done where nobody can be asked', async () => {
    const project = unique('kept');
    await said('projects', 'create', '--name', project);
    expect(await sluice('projects', 'archive', project)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await json('projects', 'show', project)).toMatchObject({ status: 'active' });
  });

  test('a refusal ends with 1, and says why', async () => {
    expect(await sluice('projects', 'show', 'no such project')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'There is no project "no such project". ./sluice admin projects list shows what there is.\n',
    });
    expect(await sluiceWith({ env: { SLUICE_ADMIN_KEY: gateway.apiKey } }, 'tiers', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('API keys call models; administration needs an admin key.'),
    });
  });

  test('a password that would be guessed is not stored, nor repeated', async () => {
    const { code, stderr } = await sluiceWith({ input: 'hunter2' }, 'users', 'set-password', 'admin@localhost', '--password-stdin');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'The password must have at least 12 characters.\n' });
  });

  test('help needs neither a gateway nor a key', async () => {
    const nothing = { env: { SLUICE_URL: '', SLUICE_ADMIN_KEY: '' } };
    expect(await sluiceWith(nothing)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}projects +/m) });
    expect(await sluiceWith(nothing, 'keys')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}rotate KEY +/m) });
    expect(await sluiceWith(nothing, 'tiers', 'list')).toMatchObject({ code: 2, stderr: expect.stringContaining('SLUICE_URL') });
  });
});

function unique(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`;
}

/** Stdout of a command that must succeed and say nothing on stderr. */
async function said(...args: string[]): Promise<string> {
  const ended = await sluice(...args);
  expect({ args, code: ended.code, stderr: ended.stderr }).toEqual({ args, code: 0, stderr: '' });
  return ended.stdout;
}

async function json(...args: string[]): Promise<unknown> {
  return JSON.parse(await said(...args, '--json'));
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function sluice(...args: string[]): Promise<Ended> {
  return sluiceWith({}, ...args);
}

async function sluiceWith(options: { env?: Record<string, string>; input?: string }, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'admin', ...args], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      SLUICE_HOME: '/nonexistent/home',
      SLUICE_URL: gateway.url,
      SLUICE_ADMIN_KEY: gateway.adminKey,
      ...options.env,
    },
  });
  child.stdin.end(options.input ?? '');
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

async function statusOf(apiKey: string): Promise<number> {
  return (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } })).status;
}

async function logIn(email: string, password: string): Promise<number> {
  const response = await fetch(`${gateway.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  return response.status;
}

/** A project with a key that made three requests in March 2026. */
async function withHistory(): Promise<{ project: string; key: string }> {
  const [project, key] = [unique('used'), unique('key')];
  const { id: projectId } = z.object({ id: z.string() }).parse(await json('projects', 'create', '--name', project));
  const created = await json('keys', 'create', '--project', project, '--name', key, '--owner', 'project');
  const { id: apiKeyId } = z.object({ id: z.string() }).parse(created);
  const row = (day: string, change: Partial<RequestRow>): RequestRow => ({
    ...ROW,
    requestId: unique('req'),
    projectId,
    apiKeyId,
    createdAt: new Date(day),
    ...change,
  });
  await appendRequests(gateway.db, [
    row('2026-03-01T23:59:59Z', {}),
    row('2026-03-03T04:00:00Z', { cachedTokens: 0 }),
    row('2026-03-03T05:10:00Z', {
      model: 'large',
      promptTokens: 2_000,
      cachedTokens: 400,
      completionTokens: 100,
      costNanoUsd: 2_000_000_000,
    }),
  ]);
  return { project, key };
}

const ROW: Omit<RequestRow, 'requestId' | 'projectId' | 'apiKeyId' | 'createdAt'> = {
  userId: '',
  tierId: 'free',
  endpoint: 'chat.completions',
  model: 'small',
  adapter: null,
  worker: 'w1',
  statusCode: 200,
  outcome: 'completed',
  errorCode: null,
  finishReason: 'stop',
  stream: false,
  promptTokens: 1_000,
  cachedTokens: 200,
  completionTokens: 50,
  costNanoUsd: 10_000,
  waitMs: null,
  queueMs: 1,
  ttftMs: 85,
  durationMs: 1_200,
  userAgent: null,
  clientIpHash: null,
  retryCount: 0,
  tries: 1,
  traceId: null,
};
