import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A program of this benchmark in a process of its own, which shares this one's processors. */
export type Worker<Question, Answer> = AsyncDisposable & {
  readonly pid: number;
  /** Rejects with what the program threw, when it ends, or at the deadline. One question at a time. */
  ask(question: Question, deadlineMs?: number): Promise<Answer>;
};

type Reply<Answer> = { readonly value: Answer } | { readonly problem: string };

const DEADLINE_MS = 10_000;

/** Starts `<name>-process.ts` beside this file. It ends with this process, however that ends. */
export function startWorker<Question extends object, Answer>(name: string): Worker<Question, Answer> {
  const child = fork(new URL(`${name}-process.ts`, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  return {
    pid,
    ask: async (question, deadlineMs = DEADLINE_MS) => {
      const reply = await replyOf<Answer>(child, { name, question, deadlineMs });
      if ('problem' in reply) throw new Error(`${name}: ${reply.problem}`);
      return reply.value;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function replyOf<Answer>(
  child: ChildProcess,
  { name, question, deadlineMs }: { name: string; question: object; deadlineMs: number },
): Promise<Reply<Answer>> {
  const settled = new AbortController();
  const timeout = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([settled.signal, timeout]);
  try {
    const exit = once(child, 'exit', { signal }).then(() => Promise.reject(new Error(`${name} ended`)));
    const message = once(child, 'message', { signal });
    child.send(question);
    const [reply] = await Promise.race([message, exit]);
    return reply as Reply<Answer>;
  } catch (error) {
    throw timeout.aborted ? new Error(`${name} did not answer within ${deadlineMs} ms`, { cause: error }) : error;
  } finally {
    settled.abort();
  }
}
