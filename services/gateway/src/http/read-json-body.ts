import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Fault } from '@sluice/platform/fault';
import { readBody } from './read-body.ts';

/** A prompt of 128k tokens is about 0.6 MB of text; the worker's gRPC limit is 8 MiB. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;

const COULD_NOT_PARSE =
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)";

/** A body that was read: what it says, and what was sent. */
export type JsonBody = { readonly value: unknown; readonly bytes: Buffer };

/** Reads the whole body as JSON. Throws a Fault for another content type, a body above the limit, or text that is not JSON. */
export async function readJsonBody(req: IncomingMessage, bytesMax = BODY_BYTES_MAX): Promise<JsonBody> {
  const bytes = await readBody(req, bytesMax);
  if (bytes.length === 0) return { value: {}, bytes };
  requireJsonType(req);
  if (!isUtf8(bytes)) throw new Fault('INVALID_JSON', { message: COULD_NOT_PARSE, internal: 'the body is not UTF-8' });
  try {
    return { value: JSON.parse(bytes.toString('utf8')), bytes };
  } catch {
    // The parser's message quotes the body, so it goes nowhere.
    throw new Fault('INVALID_JSON', { message: COULD_NOT_PARSE });
  }
}

function requireJsonType(req: IncomingMessage): void {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new Fault('UNSUPPORTED_MEDIA_TYPE', { message: 'Invalid Content-Encoding header, expected an uncompressed body.' });
  }
  const type = req.headers['content-type'] ?? '';
  if (/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) return;
  throw new Fault('UNSUPPORTED_MEDIA_TYPE', {
    message: `Invalid Content-Type header (${type.slice(0, 100)}), expected application/json. (HINT: If you're using curl, you can pass -H 'Content-Type: application/json')`,
  });
}
