import { createServer, type ServerResponse } from 'node:http';

/** The bytes that Sluice itself answers with, so that everybody carries the same. */
export type Answers = { readonly whole: string; readonly stream: string };

export type MockUpstream = {
  /** How it answers from now on. */
  configure(change: { readonly stepMs: number; readonly answers: Answers }): void;
  close(): void;
};

const KEEP_ALIVE_MS = 120_000;

/** An OpenAI-compatible server that has every answer ready. */
export async function startMockUpstream(port: number): Promise<MockUpstream> {
  let whole = '{}';
  let pieces: readonly string[] = [];
  let stepper = createStepper(0);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
    let body = '';
    req.setEncoding('latin1');
    req.on('data', (piece: string) => (body += piece));
    req.on('end', () => {
      if (body.includes('"stream":true')) sendStream(res, pieces, stepper);
      else sendWhole(res, whole);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
  return {
    configure: ({ stepMs, answers }) => {
      whole = answers.whole;
      pieces = piecesOf(answers.stream);
      stepper = createStepper(stepMs);
    },
    close: () => server.close(),
  };
}

function sendWhole(res: ServerResponse, answer: string): void {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
  res.end(answer);
}

/** The first piece at once, each other with a step, as the runtime does. */
function sendStream(res: ServerResponse, pieces: readonly string[], stepper: Stepper): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  let next = 0;
  const advance = (): boolean => {
    const piece = pieces[next++] ?? '';
    const isLast = next >= pieces.length || res.destroyed;
    if (isLast) res.end(piece);
    else res.write(piece);
    return !isLast;
  };
  if (advance()) stepper.add(advance);
}

/** What is written together: the opening event with the first text, one text each, and the last text with all that ends the stream. */
export function piecesOf(stream: string): readonly string[] {
  const events = stream.split(/(?<=\n\n)/);
  const texts = events.flatMap((event, i) => (/"content":"[^"]/.test(event) ? [i] : []));
  return texts.map((at, i) => events.slice(i === 0 ? 0 : at, i === texts.length - 1 ? undefined : at + 1).join(''));
}

type Stepper = { add(advance: () => boolean): void };

/** One timer for all streams of a pace; it rests when there is none. */
function createStepper(stepMs: number): Stepper {
  const running = new Set<() => boolean>();
  let timer: NodeJS.Timeout | undefined;
  const step = (): void => {
    for (const advance of running) if (!advance()) running.delete(advance);
    if (running.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    add: (advance) => {
      running.add(advance);
      timer ??= setInterval(step, stepMs);
    },
  };
}
