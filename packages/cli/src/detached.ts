import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createHome } from '@sluice/stack/home';
import { stackInfoSchema } from '@sluice/stack/stack-state';
import { z } from 'zod';
import type { CliConfig } from './config.ts';
import { runStack, type StackReport } from './run-stack.ts';

/** What the process in the background tells the one in the terminal, until all is ready. */
const messageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('progress'),
    progress: z.object({ part: z.string(), status: z.enum(['waiting', 'ready']), detail: z.string() }),
  }),
  z.object({ kind: z.literal('ready'), info: stackInfoSchema }),
  z.object({ kind: z.literal('failed'), text: z.string() }),
]);
type Message = z.infer<typeof messageSchema>;

/** Starts a process that looks after the stack, and resolves with 0 when the stack is ready, after which that process is on its own. */
export async function startDetached(config: CliConfig, options: { port: number | undefined; report: StackReport }): Promise<number> {
  createHome(config.home);
  const log = openSync(config.home.logFile('stack'), 'a', 0o600);
  const args = ['supervise', ...(options.port === undefined ? [] : ['--port', String(options.port)])];
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = fork(main, args, { detached: true, stdio: ['ignore', log, log, 'ipc'], env: config.env });
  closeSync(log);
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return new Promise((resolve) => {
    child.on('message', (raw) => {
      const message = messageSchema.parse(raw);
      if (message.kind === 'progress') options.report.progress(message.progress);
      else if (message.kind === 'failed') options.report.failed(message.text);
      else {
        options.report.ready(message.info);
        child.disconnect();
        child.unref();
        resolve(0);
      }
    });
    child.once('exit', (code) => {
      if (code === null) options.report.failed(`\n✗ The process in the background died; see ${config.home.logFile('stack')}\n`);
      resolve(code ?? 1);
    });
  });
}

/** The life of the process in the background. */
export function superviseDetached(config: CliConfig, port: number | undefined): Promise<number> {
  // Once nobody listens, messages have nowhere to go, and what happens is in the log.
  const send = (message: Message): void => {
    if (process.connected) process.send?.(message);
  };
  const log = (text: string): void => void process.stdout.write(`${new Date().toISOString()} ${text}\n`);
  return runStack(config, {
    port,
    report: {
      progress: (progress) => send({ kind: 'progress', progress }),
      ready: (info) => {
        log(`ready at ${info.baseUrl}`);
        send({ kind: 'ready', info });
      },
      failed: (text) => {
        log(text);
        send({ kind: 'failed', text });
      },
      died: log,
      stopping: (part) => log(`stopping ${part}`),
      stopped: () => log('stopped'),
    },
  });
}
