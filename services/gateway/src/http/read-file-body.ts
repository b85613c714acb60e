import type { IncomingMessage } from 'node:http';
import { Fault } from '@sluice/platform/fault';
import { allowLongBody } from './long-bodies.ts';

/** A sender that sends nothing for so long has gone, or holds a connection for nothing. */
const STALL_MS = 30_000;
/** What is read and thrown away after a refusal, so that the sender reads the answer before the connection ends. */
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;

/** The body of a request as it comes, never more of it at once than a socket holds. Throws a Fault for one that is no file or known to be too large, and while it is read, for one that stalls or is cut off. */
export function readFileBody(req: IncomingMessage, bytesMax: number): AsyncIterable<Uint8Array> {
  requireFile(req, bytesMax);
  return readPieces(req);
}

async function* readPieces(req: IncomingMessage): AsyncGenerator<Uint8Array> {
  const endLongBody = allowLongBody(req);
  let isRead = false;
  const timer = setTimeout(() => req.destroy(), STALL_MS);
  try {
    for await (const bytes of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      timer.refresh();
      yield bytes;
      timer.refresh();
    }
    isRead = true;
  } catch (cause) {
    throw new Fault('REQUEST_TIMEOUT', { message: 'The request body ended before it was complete.', cause });
  } finally {
    clearTimeout(timer);
    endLongBody();
    if (!isRead) discard(req);
  }
}

function requireFile({ headers }: IncomingMessage, bytesMax: number): void {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/octet-stream' || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Fault('UNSUPPORTED_MEDIA_TYPE', {
      message: 'The body must be the file itself, uncompressed, with the Content-Type application/octet-stream.',
    });
  }
  if (Number(headers['content-length'] ?? 0) > bytesMax) {
    throw new Fault('REQUEST_TOO_LARGE', { message: `The file is too large. The maximum is ${bytesMax} bytes.` });
  }
}

function discard(req: IncomingMessage): void {
  let bytes = 0;
  req.on('error', () => {});
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES_MAX) req.destroy();
  });
}
