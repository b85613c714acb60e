import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createSseReader } from './sse-reader.ts';

export type Target = { name: string; baseUrl: URL; apiKey: string | undefined; model: string };

/** What one request did, in `performance.now()` milliseconds. `cut` means our own deadline ended it. */
export type Trace = {
  outcome: 'ok' | 'failed' | 'cut';
  failure: string | undefined;
  startedAtMs: number;
  endedAtMs: number;
  /** When each chunk with text in it arrived; empty without streaming. */
  contentAtMs: number[];
  promptTokens: number;
  outputTokens: number;
};

export type LoadClient = {
  /** Sends one request and never rejects: whatever goes wrong is in the trace. */
  send: (path: string, body: Record<string, unknown>, options: SendOptions) => Promise<Trace>;
  close: () => void;
};

type SendOptions = { signal: AbortSignal; onContent?: () => void };
type Chunk = {
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null }; text?: string }[];
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  error?: { message?: string };
};

/** A client that keeps its connections to one target open, as a real application does. */
export const createLoadClient = (target: Target): LoadClient => {
  const agent = new Agent({ keepAlive: true });
  const host = target.baseUrl.hostname.replaceAll(/[[\]]/g, ''); // an IPv6 address is bare here
  const port = target.baseUrl.port || 80;
  const send = async (path: string, body: Record<string, unknown>, { signal, onContent }: SendOptions): Promise<Trace> => {
    const trace: Trace = {
      outcome: 'ok',
      failure: undefined,
      startedAtMs: performance.now(),
      endedAtMs: 0,
      contentAtMs: [],
      promptTokens: 0,
      outputTokens: 0,
    };
    try {
      const res = await post(
        `${target.baseUrl.pathname.replace(/\/$/, '')}/${path}`,
        JSON.stringify({ model: target.model, ...body }),
        signal,
      );
      if (res.statusCode !== 200) throw new Error(`HTTP ${res.statusCode}: ${(await readText(res)).slice(0, 300)}`);
      if (body['stream'] === true) await readStream(res, trace, onContent);
      else readChunk(await readText(res), trace);
      if (trace.outputTokens === 0) throw new Error('the answer has no usage');
    } catch (error) {
      trace.outcome = signal.aborted ? 'cut' : 'failed';
      trace.failure = error instanceof Error ? error.message : String(error);
    }
    trace.endedAtMs = performance.now();
    return trace;
  };

  const post = (path: string, payload: string, signal: AbortSignal, retries = 3) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload),
        ...(target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` }),
      };
      const req = request({ host, port, path, method: 'POST', agent, headers, signal }, resolve);
      req.on('error', (error) => {
        // llama-server closes its connection after every stream without having said so. As every keep-alive client must,
        // send again when a kept connection turns out to be dead; the time it takes stays in the request's.
        if (req.reusedSocket && !signal.aborted && retries > 0) resolve(post(path, payload, signal, retries - 1));
        else reject(error);
      });
      req.end(payload);
    });

  return { send, close: () => agent.destroy() };
};

/** Reads one event's JSON, or a whole answer's, into the trace; tells whether it carried text. */
const readChunk = (data: string, trace: Trace): boolean => {
  const chunk = JSON.parse(data) as Chunk; // a benchmark trusts the server it measures
  if (chunk.error !== undefined) throw new Error(chunk.error.message ?? 'an error in the stream');
  if (chunk.usage) {
    trace.promptTokens = chunk.usage.prompt_tokens;
    trace.outputTokens = chunk.usage.completion_tokens;
  }
  const choice = chunk.choices?.[0];
  return Boolean(choice?.delta?.content || choice?.delta?.reasoning_content || choice?.text);
};

const readStream = async (res: IncomingMessage, trace: Trace, onContent: (() => void) | undefined): Promise<void> => {
  let isDone = false;
  let arrivedAtMs = 0;
  const read = createSseReader((data) => {
    if (data === '[DONE]') {
      isDone = true;
    } else if (readChunk(data, trace)) {
      trace.contentAtMs.push(arrivedAtMs);
      onContent?.();
    }
  });
  for await (const bytes of res as AsyncIterable<Buffer>) {
    arrivedAtMs = performance.now();
    read(bytes);
  }
  if (!isDone) throw new Error('the stream ended without [DONE]');
};

const readText = async (res: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const bytes of res as AsyncIterable<Buffer>) parts.push(bytes);
  return Buffer.concat(parts).toString();
};
