import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readModelSettings } from '../models/model-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-adapter-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (adapters: string) => {
  const path = join(folder, 'house.yaml');
  writeFileSync(path, `model: house.gguf\nadapters:\n${adapters}`);
  return readModelSettings(path);
};

describe("the adapters of a model's file", () => {
  test('are found beside it, or downloaded, and count as they were trained where nothing is said', async () => {
    const { adapters } = await read(
      '  - name: law\n    source: law.gguf\n  - name: poem\n    source: hf:user/repo/poem.gguf\n    scale: 0.5\n',
    );
    expect(adapters).toEqual([
      { name: 'law', source: join(folder, 'law.gguf'), scale: 1 },
      { name: 'poem', source: 'hf:user/repo/poem.gguf', scale: 0.5 },
    ]);
  });

  test.each([
    ['a name twice', '  - { name: law, source: a.gguf }\n  - { name: law, source: b.gguf }\n', /adapters: two adapters have the same name/],
    ['a name with a colon', '  - { name: "a:b", source: a.gguf }\n', /adapters\.0\.name: must be 1 to 64/],
    ['a name that leads elsewhere', '  - { name: ../law, source: a.gguf }\n', /adapters\.0\.name/],
    ['no source', '  - { name: law }\n', /adapters\.0\.source/],
    ['what means nothing', '  - { name: law, source: a.gguf, rank: 4 }\n', /adapters\.0: .*rank/],
  ])('are refused by name: %s', async (_what, adapters, message) => {
    await expect(read(adapters)).rejects.toThrow(message);
  });

  test('are refused by name for a model that is to embed or to rank', async () => {
    const law = '  - { name: law, source: a.gguf }\n';
    for (const task of ['embed', 'rank']) {
      await expect(read(`${law}task: ${task}\n`)).rejects.toThrow(/adapters: a model that embeds or ranks takes no adapters/);
    }
    expect((await read(`${law}task: generate\n`)).adapters).toHaveLength(1);
  });
});
