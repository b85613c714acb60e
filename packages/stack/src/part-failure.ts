import type { Child } from './child-process.ts';

const LOG_LINES = 15;

/** A program of the stack that did not come up; carries what it said last, for whoever reads the terminal. */
export class PartFailure extends Error {
  override readonly name = 'PartFailure';
  readonly part: string;
  readonly logFile: string;
  readonly logLines: readonly string[];

  constructor(child: Child, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.part = child.name;
    this.logFile = child.logFile;
    this.logLines = child.lastLogLines(LOG_LINES);
  }
}
