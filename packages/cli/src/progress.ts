import type { Progress } from '@sluice/stack/stack';

/** What is done faster than this needs no line that announces it. */
const PATIENCE_MS = 1_000;
const NAME_WIDTH = 10;

export type ProgressPrinter = { readonly show: (progress: Progress) => void; readonly end: () => void };

/** One line a part when it is ready, and one before that only for what keeps people waiting. */
export function createProgressPrinter(write: (line: string) => void): ProgressPrinter {
  const startMs = performance.now();
  const announcements = new Map<string, NodeJS.Timeout>();
  const cancel = (part: string): void => {
    clearTimeout(announcements.get(part));
    announcements.delete(part);
  };
  return {
    show: ({ part, status, detail }) => {
      cancel(part);
      const name = part.padEnd(NAME_WIDTH);
      if (status === 'waiting')
        announcements.set(
          part,
          setTimeout(() => write(`  ${name}… ${detail}`), PATIENCE_MS),
        );
      else write(`  ${name}${detail.padEnd(40)}${seconds(performance.now() - startMs).padStart(7)}`);
    },
    end: () => [...announcements.keys()].forEach(cancel),
  };
}

/** "3.4 s" */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
