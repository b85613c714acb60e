import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '../usage-error.ts';
import { AdminFailure } from './admin-failure.ts';

/** The person in front of the command, when there is one. Questions go to stderr: stdout may be read by a program. */
export type Terminal = {
  /** Whether somebody can be asked. */
  readonly isInteractive: boolean;
  /** Columns of what stdout goes to; undefined where nobody looks. */
  readonly width: number | undefined;
  /** One line that takes the place of the last one, where somebody looks; undefined takes it away. */
  showProgress(line: string | undefined): void;
  /** True only for a clear yes. */
  confirm(question: string): Promise<boolean>;
  /** One line that is not shown while it is typed. */
  askSecret(prompt: string): Promise<string>;
  /** The first line of stdin. Throws UsageError when there is more than `bytesMax` of it. */
  readLine(bytesMax: number): Promise<string>;
};

export function createTerminal(): Terminal {
  const isInteractive = process.stdin.isTTY && process.stderr.isTTY;
  return {
    isInteractive,
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
    showProgress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line ?? ''}`);
    },
    confirm: async (question) => /^y(es)?$/i.test((await ask(`${question} [y/N] `, process.stderr)).trim()),
    askSecret: async (prompt) => {
      process.stderr.write(prompt);
      try {
        return await ask('', mute());
      } finally {
        process.stderr.write('\n');
      }
    },
    readLine,
  };
}

/** Takes what readline would echo. */
function mute(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** Ctrl-C and Ctrl-D end the command: rejects with AdminFailure. */
async function ask(prompt: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      lines.once('close', () => reject(new AdminFailure('\nNothing was done.')));
      lines.question(prompt).then(resolve, reject);
    });
  } finally {
    lines.close();
  }
}

async function readLine(bytesMax: number): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > bytesMax) throw new UsageError('There is too much on stdin.');
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
