import { refusalOfPassword } from '@sluice/platform/password-rules';
import { UsageError } from '../usage-error.ts';
import type { Terminal } from './terminal.ts';

const BYTES_MAX = 4_096;

/** A new password, typed twice without an echo or read from stdin; never from the command line, which others can see. Throws UsageError. */
export async function readPassword(terminal: Terminal, isFromStdin: boolean): Promise<string> {
  const password = isFromStdin ? await terminal.readLine(BYTES_MAX) : await ask(terminal);
  const refusal = refusalOfPassword(password);
  if (refusal !== undefined) throw new UsageError(`The password ${refusal}.`);
  return password;
}

async function ask(terminal: Terminal): Promise<string> {
  if (!terminal.isInteractive) throw new UsageError('There is nobody to ask for a password: pipe it in and add --password-stdin.');
  const password = await terminal.askSecret('New password: ');
  if ((await terminal.askSecret('Again: ')) !== password) throw new UsageError('The two are not the same.');
  return password;
}
