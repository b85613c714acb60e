import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseCommandLine, type Command } from '../command.ts';
import { formatLogLine } from '../log-line.ts';
import { UsageError } from '../usage-error.ts';

const LINES = 50;
const NAME_WIDTH = 10;

/** Prints the last lines of one log or of all; with -f, goes on as they grow. */
export const logs: Command = async (args, config) => {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    allowPositionals: true,
    options: { follow: { type: 'boolean', short: 'f', default: false }, lines: { type: 'string', short: 'n', default: String(LINES) } },
  });
  const known = existsSync(config.home.logs)
    ? readdirSync(config.home.logs)
        .filter((name) => name.endsWith('.log'))
        .map((name) => name.slice(0, -'.log'.length))
    : [];
  const wanted = positionals.length > 0 ? positionals : known;
  if (wanted.length === 0) throw new UsageError(`There are no logs in ${config.home.logs} yet. Start the stack with ${config.command} up`);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no log of "${unknown}". There are: ${known.join(', ')}`);
  const tails = wanted.map((name) =>
    tail({ name: wanted.length > 1 ? name : undefined, file: config.home.logFile(name), lines: values.lines, isFollowing: values.follow }),
  );
  await Promise.all(tails);
  return 0;
};

function tail(options: { name: string | undefined; file: string; lines: string; isFollowing: boolean }): Promise<void> {
  const child = spawn('tail', ['-n', options.lines, ...(options.isFollowing ? ['-F'] : []), options.file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const prefix = options.name === undefined ? '' : options.name.padEnd(NAME_WIDTH);
  createInterface({ input: child.stdout }).on('line', (line) => process.stdout.write(`${prefix}${formatLogLine(line)}\n`));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}
