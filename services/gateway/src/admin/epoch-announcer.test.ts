import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { until } from '@sluice/testing/until';
import { EpochAnnouncer } from './epoch-announcer.ts';

function start() {
  const lines: string[] = [];
  const log = createLog({
    service: 'gateway',
    level: 'info',
    destination: new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    }),
  });
  const told: string[][] = [];
  const dropped: string[] = [];
  const state = { isAway: false, failures: 0 };
  const bump = (names: readonly string[]): Promise<void> => {
    if (state.isAway) return Promise.reject(new Error('connection refused'));
    told.push([...names]);
    return Promise.resolve();
  };
  const announcer = new EpochAnnouncer({
    bump,
    dropKey: (publicId) => dropped.push(publicId),
    log,
    onFailure: () => {
      state.failures += 1;
    },
  });
  return { announcer, told, dropped, state, lines };
}

describe('a change of a key, a project, a user or an organization', () => {
  test('is announced, and the key forgotten here, before the change is answered', async () => {
    const { announcer, told, dropped } = start();
    await announcer.announce(['key:abc', 'project:p']);
    expect(told).toEqual([['key:abc', 'project:p']]);
    expect(dropped).toEqual(['abc']);
    await announcer.close();
  });

  test('is announced later when it cannot be announced now, each name once', async () => {
    const { announcer, told, dropped, state, lines } = start();
    state.isAway = true;
    await announcer.announce(['key:abc']);
    await announcer.announce(['key:abc', 'org:o']);
    expect({ told, dropped, pending: announcer.pending, failures: state.failures }).toEqual({
      told: [],
      dropped: ['abc', 'abc'],
      pending: 2,
      failures: 2,
    });
    expect(lines.filter((line) => line.includes('"level":"warn"'))).toHaveLength(2);
    state.isAway = false;
    await until(() => announcer.pending === 0);
    expect(told).toEqual([['key:abc', 'org:o']]);
    await announcer.close();
  });

  test('is announced once more when the gateway stops, and is not forgotten silently', async () => {
    const { announcer, told, state, lines } = start();
    state.isAway = true;
    await announcer.announce(['org:o']);
    state.isAway = false;
    await announcer.close();
    expect(told).toEqual([['org:o']]);

    state.isAway = true;
    const lost = start();
    lost.state.isAway = true;
    await lost.announcer.announce(['org:o']);
    await lost.announcer.close();
    expect(lost.lines.at(-1)).toContain('were not announced');
    expect(lines.some((line) => line.includes('were not announced'))).toBe(false);
  });

  test('waits in a list that does not grow without end', async () => {
    const { announcer, state } = start();
    state.isAway = true;
    await announcer.announce(Array.from({ length: 12_000 }, (_, i) => `project:${i}`));
    expect(announcer.pending).toBe(10_000);
    await announcer.close();
  });
});
