import type { IncomingMessage } from 'node:http';
import { Fault } from '@sluice/platform/fault';
import { allowLongBody } from './long-bodies.ts';

/** A sender that sends nothing for so long has gone, or holds a connection for nothing. */
const STALL_MS = 30_000;
/** What is read and thrown away after a refusal, so that the sender reads the answer before the connection ends. */
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;

/** The body of a request as it comes, never more of it at once than a socket holds. Throws a Fault for one that is no file or known to be too large, and while it is read, for one that stalls or is cut off. */
export function readFileBody(req: IncomingMessage, bytesMax: number, stallMs = STALL_MS): AsyncIterable<Uint8Array> {
  requireFile(req, bytesMax);
  return readPieces(req, stallMs);
}

async function* readPieces(req: IncomingMessage, stallMs: number): AsyncGenerator<Uint8Array> {
  const endLongBody = allowLongBody(req);
  const pieces: AsyncIterator<Buffer> = req.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  let isRead = false;
  try {
    for (;;) {
      const piece = await nextPiece(req, pieces, stallMs);
      if (piece === undefined) break;
      yield piece;
    }
    isRead = true;
  } finally {
    endLongBody();
    // Until then the rest would wait for this reader.
    await pieces.return?.();
    if (!isRead) discard(req);
  }
}

/** Undefined at the end. The time that the reader takes is not the sender's. */
async function nextPiece(req: IncomingMessage, pieces: AsyncIterator<Buffer>, stallMs: number): Promise<Buffer | undefined> {
  const timer = setTimeout(() => req.destroy(), stallMs);
  try {
    const next = await pieces.next();
    return next.done === true ? undefined : next.value;
  } catch (cause) {
    throw new Fault('REQUEST_TIMEOUT', { message: 'The request body ended before it was complete.', cause });
  } finally {
    clearTimeout(timer);
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
