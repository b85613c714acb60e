import { open } from 'node:fs/promises';
import { AdminFailure } from './admin-failure.ts';
import { renderBar } from './bar.ts';
import { formatBytes } from './format.ts';
import type { Terminal } from './terminal.ts';

const CHUNK_BYTES = 256 * 1024;
const BAR_WIDTH = 16;
const SHOW_EVERY_MS = 100;

/** A file's bytes with a bar of how much of it has gone. Throws AdminFailure for one that cannot be read, before the first. */
export async function readFileWithBar(path: string, terminal: Pick<Terminal, 'showProgress'>): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path).catch((cause: unknown) => {
    throw new AdminFailure(`${path} cannot be read.`, { cause });
  });
  const { size: bytes } = await file.stat();
  return (async function* () {
    let sentBytes = 0;
    let shownMs = -Infinity;
    try {
      for await (const chunk of file.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false }) as AsyncIterable<Buffer>) {
        yield chunk;
        sentBytes += chunk.length;
        const nowMs = performance.now();
        if (nowMs - shownMs < SHOW_EVERY_MS) continue;
        shownMs = nowMs;
        terminal.showProgress(`${renderBar(sentBytes, bytes).padEnd(BAR_WIDTH)}  ${formatBytes(sentBytes)} of ${formatBytes(bytes)}`);
      }
      terminal.showProgress('Sent; the workers look at it …');
    } finally {
      await file.close();
    }
  })();
}
