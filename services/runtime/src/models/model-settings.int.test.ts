import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readModelSettings } from './model-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('model settings', () => {
  test('a path serves under the name of its file', async () => {
    expect(await readModelSettings('/models/tiny.gguf')).toMatchObject({
      name: 'tiny',
      source: '/models/tiny.gguf',
      samplingDefaults: { temperature: 1, topP: 1 },
    });
  });

  test('a name to download keeps its form', async () => {
    expect(await readModelSettings('hf:Qwen/Qwen3-0.6B-GGUF:Q8_0')).toMatchObject({
      name: 'Qwen/Qwen3-0.6B-GGUF:Q8_0',
      source: 'hf:Qwen/Qwen3-0.6B-GGUF:Q8_0',
    });
  });

  test('a YAML file names the model, relative to itself, and its defaults', async () => {
    const path = write('a.yaml', 'name: house\nmodel: house.gguf\nslots: 4\nsampling:\n  temperature: 0.2\n');
    expect(await readModelSettings(path)).toMatchObject({
      name: 'house',
      source: join(folder, 'house.gguf'),
      slots: 4,
      samplingDefaults: { temperature: 0.2, topP: 1 },
    });
  });

  test('a YAML file beside a GGUF file of the same name goes with it', async () => {
    write('b.yaml', 'name: beside\nmodel: b.gguf\n');
    expect(await readModelSettings(join(folder, 'b.gguf'))).toMatchObject({ name: 'beside', source: join(folder, 'b.gguf') });
  });

  test('a YAML file says how the model lives and what it speaks', async () => {
    const path = write(
      'd.yaml',
      `model: d.gguf
pinned: true
lazy: true
idle_sleep_s: 90
task: generate
tool_format: hermes
reasoning_format: think
speculation: { method: draft, model: small.gguf }
profiles:
  - { name: exact, sampling: { temperature: 0 } }
`,
    );
    expect(await readModelSettings(path)).toMatchObject({
      isPinned: true,
      isLazy: true,
      idleSleepMs: 90_000,
      task: 'generate',
      toolFormat: 'hermes',
      reasoningFormat: 'think',
      speculation: { method: 'draft', source: join(folder, 'small.gguf'), tokens: 4 },
      profiles: [{ name: 'exact', description: '', promptTokensMin: 0, settings: { temperature: 0 } }],
    });
  });

  test.each([
    ['profiles', 'profiles: [{ name: auto, sampling: { temperature: 0 } }]'],
    ['profiles', 'profiles: [{ name: empty, sampling: {} }]'],
    ['max_tokens', 'profiles: [{ name: long, sampling: { max_tokens: 5 } }]'],
    ['speculation', 'speculation: { method: magic }'],
    ['tool_format', 'tool_format: smoke'],
  ])('a wrong %s is refused by name: %s', async (name, line) => {
    const path = write('e.yaml', `model: e.gguf\n${line}\n`);
    await expect(readModelSettings(path)).rejects.toThrow(name);
  });

  test('a wrong setting is refused by name', async () => {
    const path = write('c.yaml', 'model: c.gguf\nslots: 1000\nspeed: high\n');
    await expect(readModelSettings(path)).rejects.toThrow(/slots[\s\S]*speed/);
  });
});
