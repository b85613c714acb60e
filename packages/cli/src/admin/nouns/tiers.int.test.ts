import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../../test-support/admin-shell.ts';

const MODEL = 'scripted';
let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('what may be used', () => {
  test('tiers are made, changed and deleted', async () => {
    const id = unique('tier');
    const limits = ['--limit', 'rpm=100', '--limit', 'usd-per-month=50', '--endpoint-limit', 'completions:rpm=10'];
    expect(await shell.said('tiers', 'create', id, ...limits, '--queue', '5', '--queue-wait', '20s', '--priority=-5')).toMatch(
      /limits +100 requests per minute, \$50\.00 per month\n +completions: 10 requests per minute\n[^]*queue +5 requests, each for 20 s at most\npriority +-5\n/,
    );
    const changed = await shell.said(
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
    expect(await shell.said('tiers', 'show', id)).toBe(changed);
    expect(await shell.said('tiers', 'list')).toMatch(/^free +Free +60 +5,000 +40,000 +4 +2,000,000 +– +any$/m);
    expect(await shell.said('tiers', 'delete', id, '--yes')).toBe(`Deleted the tier ${id}.\n`);
    expect(await shell.sluice('tiers', 'show', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('No such tier') });
  });

  test('a list goes on where its last part ended, until there is no more', async () => {
    const seen: string[] = [];
    for (let words = ['tiers', 'list', '--rows=1', '--after=enterprise']; words.length > 1;) {
      const text = await shell.said(...words);
      seen.push(text.split('\n')[1]?.split(' ')[0] ?? '');
      words = (/There is more: .* admin (.*)\n$/.exec(text)?.[1] ?? '').split(' ');
    }
    expect(seen.slice(0, 2)).toEqual(['free', 'pro']);
  });

  test('a tier in use stays', async () => {
    expect(await shell.sluice('tiers', 'delete', 'enterprise', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The tier is in use'),
    });
  });

  test('limits of single models are set over what the tier allows, and taken back', async () => {
    const project = unique('limited');
    await shell.said('projects', 'create', '--name', project, '--tier', 'free');
    const at = ['--project', project, '--model', MODEL];
    expect(await shell.said('limits', 'show', '--project', project)).toMatch(/^scripted +\(60\) +\(5,000\) +\(40,000\)$/m);
    expect(await shell.said('limits', 'set', ...at, '--limit', 'rpm=20')).toMatch(/^scripted +20 +\(5,000\) +\(40,000\)$/m);
    expect(await shell.sluice('limits', 'set', ...at, '--limit', 'rpm=none')).toMatchObject({ code: 2 });
    await shell.said('limits', 'delete', ...at, '--yes');
    expect(await shell.said('limits', 'show', '--project', project)).toMatch(/^scripted +\(60\) /m);
  });

  test('prices are those that people write', async () => {
    const model = `hf:${unique('maker')}/model`;
    expect(await shell.said('prices', 'set', model, '--input', '0.15', '--output', '0.6')).toBe(
      `A million tokens of ${model} cost $0.15 read, $0.15 from the cache, $0.60 written.\n`,
    );
    await shell.said('prices', 'set', model, '--input', '0.15', '--output', '0.6', '--cached', '0.015');
    expect(await shell.said('prices', 'list')).toMatch(new RegExp(`^${model} +\\$0\\.15 +\\$0\\.015 +\\$0\\.60 `, 'm'));
    expect(await shell.json('prices', 'delete', model, '--yes')).toMatchObject({ deleted: true });
  });

  test('the organization has a time zone and limits', async () => {
    const limits = ['--limit', 'concurrent=500', '--timezone', 'Europe/Vienna'];
    expect(await shell.said('organization', 'set', ...limits)).toMatch(/time zone +Europe\/Vienna\nlimits +500 requests at once\n/);
    expect(await shell.json('organization', 'show')).toMatchObject({ timezone: 'Europe/Vienna' });
  });
});
