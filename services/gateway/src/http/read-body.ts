import type { IncomingMessage } from 'node:http';
import { Fault } from '@sluice/platform/fault';

/** What is read and thrown away of a body that is too large, so that its sender reads the answer before the connection ends. */
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;
/** Of all bodies that are on their way, together: what thousands of clients that send slowly may hold of the memory. */
const ARRIVING_BYTES_MAX = 256 * 1024 * 1024;

let arrivingBytes = 0;

/** The whole body as it was sent. Throws a Fault for one above the limit, one that ends early, or too many at once. */
export function readBody(req: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A client that left while its key was looked up: its request has told of its end already.
    if (req.destroyed) {
      reject(bodyCut());
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    let keptBytes = 0;
    let isRefused = false;
    const letGo = (): void => {
      arrivingBytes -= keptBytes;
      keptBytes = 0;
    };
    // Reading goes on after a refusal, so that the sender is not cut off in mid-body and sees the answer; keeping stops.
    const refuse = (fault: Fault): void => {
      isRefused = true;
      chunks.length = 0;
      letGo();
      reject(fault);
    };
    if (Number(req.headers['content-length'] ?? 0) > bytesMax) refuse(tooLarge(bytesMax));
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > DISCARD_BYTES_MAX) req.destroy();
      if (isRefused) return;
      if (length > bytesMax) return refuse(tooLarge(bytesMax));
      if (arrivingBytes + chunk.length > ARRIVING_BYTES_MAX) return refuse(tooMany());
      chunks.push(chunk);
      keptBytes += chunk.length;
      arrivingBytes += chunk.length;
    });
    req.on('end', () => {
      letGo();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    req.on('error', (error) => reject(bodyCut(error)));
    // Also after a good end; a Fault costs its stack trace, so it is made only when there is something to say.
    req.on('close', () => {
      letGo();
      if (!req.complete) reject(bodyCut());
    });
  });
}

function tooLarge(bytesMax: number): Fault {
  return new Fault('REQUEST_TOO_LARGE', { message: `Request body too large. The maximum is ${bytesMax} bytes.` });
}

function tooMany(): Fault {
  return new Fault('SERVER_OVERLOADED', {
    message: 'The server is currently overloaded with other requests. Please try again in a moment.',
    internal: `${arrivingBytes} bytes of bodies are on their way`,
  });
}

function bodyCut(cause?: Error): Fault {
  return new Fault('REQUEST_TIMEOUT', { message: 'The request body ended before it was complete.', cause });
}
