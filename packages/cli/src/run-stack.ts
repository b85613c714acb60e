import { startStack, type Progress, type Stack } from '@sluice/stack/stack';
import type { StackInfo } from '@sluice/stack/stack-state';
import type { CliConfig } from './config.ts';
import { failureText } from './failure-text.ts';

/** Where the life of a stack is told: to a terminal, or to the process that waits for it. */
export type StackReport = {
  readonly progress: (progress: Progress) => void;
  readonly ready: (info: StackInfo) => void;
  readonly failed: (text: string) => void;
  /** A part died after all were ready; the others go on. */
  readonly died: (text: string) => void;
  readonly stopping: (part: string) => void;
  readonly stopped: () => void;
};

/** Told by a shell about a command that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Starts a stack, stays until a signal, stops it in order, and resolves with the exit code. A second signal does not wait. */
export async function runStack(config: CliConfig, options: { port: number | undefined; report: StackReport }): Promise<number> {
  const { report } = options;
  const interrupt = interruption();
  let stack: Stack;
  try {
    stack = await startStack({
      ...config,
      port: options.port,
      signal: interrupt,
      onProgress: report.progress,
      onPartDied: (failure) => report.died(failureText(failure)),
    });
  } catch (error) {
    if (interrupt.aborted) report.stopped();
    else report.failed(failureText(error));
    return interrupt.aborted ? EXIT_INTERRUPTED : 1;
  }
  report.ready(stack.info);
  if (!interrupt.aborted) await new Promise((resolve) => interrupt.addEventListener('abort', resolve, { once: true }));
  await stack.stop(report.stopping);
  report.stopped();
  return 0;
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort(new Error('interrupted'));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return controller.signal;
}
