import { createAdminApi } from '../admin/admin-api.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { readAdminLine, type AdminLine } from '../admin/command-line.ts';
import { findConnection } from '../admin/connection.ts';
import { adminHelp, nounHelp, verbHelp } from '../admin/help-text.ts';
import { NOUNS } from '../admin/nouns.ts';
import { printableLines } from '../admin/text-width.ts';
import { createTerminal } from '../admin/terminal.ts';
import type { Call, Verb } from '../admin/verb.ts';
import type { View } from '../admin/view.ts';
import type { Command } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** Administers a gateway through its admin API. */
export const admin: Command = async (args, config) => {
  const line = readAdminLine(args, NOUNS);
  if (line.kind === 'help') return say(helpFor(line));
  const verb = NOUNS[line.noun]?.verbs[line.verb];
  if (!verb) throw new Error('a line that was understood names a verb');
  const connection = findConnection(config, line.common);
  const call = { api: createAdminApi(connection), terminal: createTerminal(), args: line.args, flags: line.flags };
  try {
    if (!line.common.isSure && !(await isWanted(verb, call))) throw new AdminFailure('Nothing was done.');
    const view = await verb.run(call);
    return say(line.common.isJson ? `${JSON.stringify(view.json)}\n` : printableLines(`${view.text}${moreOf(view, args, config.command)}`));
  } catch (error) {
    if (!(error instanceof AdminFailure)) throw error;
    process.stderr.write(`${printableLines(error.message)}\n`);
    return 1;
  }
};

function helpFor({ noun, verb }: Extract<AdminLine, { kind: 'help' }>): string {
  if (noun === undefined) return adminHelp(NOUNS);
  return verb === undefined ? nounHelp(NOUNS, noun) : verbHelp(NOUNS, { noun, verb });
}

async function isWanted(verb: Verb, call: Call): Promise<boolean> {
  if (!verb.warning) return true;
  if (!call.terminal.isInteractive) throw new UsageError('This cannot be undone, and there is nobody to ask. Add --yes to do it.');
  return call.terminal.confirm(printableLines(await verb.warning(call)));
}

/** The same command with other options in place of the ones that showed this part. */
function moreOf({ next }: View, args: readonly string[], command: string): string {
  if (!next) return '';
  const [flag = ''] = next;
  const at = args.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const others = at === -1 ? args : args.toSpliced(at, args[at] === flag ? 2 : 1);
  return `\nThere is more: ${[command, 'admin', ...[...others, ...next].map(quote)].join(' ')}\n`;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}
