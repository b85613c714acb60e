import type { RequestKind } from './load-job.ts';

/** Returns what writes the next request of this kind: all its bytes as latin1 text. */
export function createRequestText(kind: RequestKind): () => string {
  if (!/^[\u0020-\u007E]*$/.test(kind.body)) throw new RangeError('a body of other than ASCII characters would need its length in bytes');
  const headers = { host: '127.0.0.1', 'content-type': 'application/json', ...kind.headers, 'content-length': String(kind.body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${kind.path} HTTP/1.1\r\n${lines.join('')}`;
  if (!kind.variesAddress) return () => `${head}\r\n${kind.body}`;
  let last = 0;
  return () => `${head}x-forwarded-for: ${addressOf(++last)}\r\n\r\n${kind.body}`;
}

/** One of 16 million private addresses. */
function addressOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}
