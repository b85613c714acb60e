import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { StoredAnswer } from './stored-answer.ts';

/** Headers that belong to the answer rather than to the request it was first given to. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'x-accel-buffering', 'x-quota-clamped', 'x-sluice-profile'];

type RecordOptions = {
  readonly bytesMax: number;
  /** Called once, before the last bytes leave; they wait for it. The body is undefined when it was larger than `bytesMax`. */
  readonly beforeEnd: (answer: Omit<StoredAnswer, 'body'> & { readonly body: Buffer | undefined }) => Promise<void>;
};

/** Keeps a copy of what is written to one response. Writes go on as they were, with their backpressure; only the end waits. */
export function recordAnswer(res: ServerResponse, { bytesMax, beforeEnd }: RecordOptions): void {
  const [writeHead, write, end] = [res.writeHead.bind(res), res.write.bind(res), res.end.bind(res)];
  let headers: Record<string, string> = {};
  let chunks: Buffer[] | undefined = [];
  let length = 0;
  let hasEnded = false;

  const copy = (chunk: unknown): void => {
    if (!chunks || (typeof chunk !== 'string' && !Buffer.isBuffer(chunk))) return;
    length += Buffer.byteLength(chunk);
    if (length > bytesMax) chunks = undefined;
    else chunks.push(Buffer.from(chunk));
  };

  res.writeHead = (status: number, ...rest: unknown[]) => {
    headers = keptHeaders(rest.find(isHeaders) ?? {});
    return Reflect.apply(writeHead, undefined, [status, ...rest]);
  };
  res.write = (...args: unknown[]) => {
    copy(args[0]);
    return Reflect.apply(write, undefined, args);
  };
  res.end = (...args: unknown[]) => {
    if (hasEnded) return res;
    hasEnded = true;
    copy(args[0]);
    const body = chunks && Buffer.concat(chunks);
    void beforeEnd({ status: res.statusCode, headers, body }).finally(() => Reflect.apply(end, undefined, args));
    return res;
  };
}

function isHeaders(value: unknown): value is OutgoingHttpHeaders {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keptHeaders(headers: OutgoingHttpHeaders): Record<string, string> {
  return Object.fromEntries(KEPT_HEADERS.filter((name) => headers[name] !== undefined).map((name) => [name, String(headers[name])]));
}
