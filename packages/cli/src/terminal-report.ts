import type { CliConfig } from './config.ts';
import { createProgressPrinter, seconds } from './progress.ts';
import { readyText } from './ready-text.ts';
import type { StackReport } from './run-stack.ts';

/** Tells a person. With `isJson`, stdout gets the one object and the rest goes to stderr. */
export function terminalReport(config: CliConfig, options: { isJson: boolean; isDetached: boolean }): StackReport {
  const out = options.isJson ? process.stderr : process.stdout;
  const write = (line: string): void => void out.write(`${line}\n`);
  const startMs = performance.now();
  const printer = createProgressPrinter(write);
  write(`Starting Sluice in ${config.home.root}\n`);
  return {
    progress: printer.show,
    ready: (info) => {
      printer.end();
      write(`\nReady in ${seconds(performance.now() - startMs)}.`);
      if (options.isJson) process.stdout.write(`${JSON.stringify(info)}\n`);
      else write(readyText(info, { command: config.command, stop: options.isDetached ? `${config.command} down` : 'Ctrl-C' }));
    },
    failed: (text) => {
      printer.end();
      process.stderr.write(`${text}\nEverything else was stopped.\n`);
    },
    died: (text) => {
      process.stderr.write(`${text}\nThe rest keeps running. Stop it with Ctrl-C and start again with ${config.command} up.\n`);
    },
    stopping: (part) => write(`  stopping ${part}`),
    stopped: () => {
      printer.end();
      write(`Stopped. Data stays in ${config.home.root}`);
    },
  };
}
