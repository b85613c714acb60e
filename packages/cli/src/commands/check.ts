import { dirname, delimiter } from 'node:path';
import type { Command } from '../command.ts';
import { runProgram } from '../run-program.ts';

/** Runs the `check` script of package.json: format, lint, types, unused code. */
export const check: Command = (args, config) => {
  const path = `node_modules/.bin${delimiter}${dirname(process.execPath)}${delimiter}${config.env['PATH'] ?? ''}`;
  return runProgram(process.execPath, ['--run', 'check', '--', ...args], { ...config.env, PATH: path });
};
