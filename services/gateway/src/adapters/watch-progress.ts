import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';

/** Of a large upload, so that somebody who waits sees it move. */
const LOG_EVERY_BYTES = 64 * 1024 * 1024;

type Watch = { readonly bytesMax: number; readonly log: Log; readonly about: Readonly<Record<string, unknown>> };

/** The same data, with its progress in the log. Throws REQUEST_TOO_LARGE where it goes on too long. */
export async function* watchProgress(data: AsyncIterable<Uint8Array>, { bytesMax, log, about }: Watch): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let toldBytes = 0;
  for await (const chunk of data) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Fault('REQUEST_TOO_LARGE', { message: `The file is too large. The maximum is ${bytesMax} bytes.` });
    if (bytes - toldBytes >= LOG_EVERY_BYTES) {
      log.info({ ...about, bytes }, 'an adapter is being uploaded');
      toldBytes = bytes;
    }
    yield chunk;
  }
  log.info({ ...about, bytes }, 'an adapter was uploaded');
}
