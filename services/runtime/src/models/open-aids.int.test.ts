import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { ScriptedEngine } from '../engine/scripted-engine.ts';
import { plainSettings } from './model-settings.ts';
import { openAids } from './open-aids.ts';

const MIB = 2 ** 20;

describe('the memory for prompts that had to leave their slots', () => {
  /** What the log says of its size. */
  async function linesWith(prefixCacheMb: number): Promise<string> {
    const lines: string[] = [];
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const engine = new ScriptedEngine({ slots: 1, contextTokens: 8, batchTokens: 8, vocabulary: 8, endOfGenerationTokens: [2] });
    const aids = await openAids(
      { ...plainSettings('demo', 'demo.gguf'), prefixCacheMb },
      {
        engine,
        prefixFolder: tmpdir(),
        openDraft: () => Promise.reject(new Error('it has no draft model')),
        log: createLog({ service: 'test', level: 'info', destination }),
      },
    );
    await aids.close();
    return lines.join('');
  }

  test('is more than its folder has, which the log says, with both figures', async () => {
    const { bavail, bsize } = statfsSync(tmpdir());
    const tooMuch = Math.floor((bavail * bsize) / MIB) + 100_000;
    expect(await linesWith(tooMuch)).toMatch(new RegExp(`"freeMb":\\d+,"prefixCacheMb":${tooMuch}.*less room`));
    expect(await linesWith(1)).toBe('');
    expect(await linesWith(0)).toBe('');
  });
});
