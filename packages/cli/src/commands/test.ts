import type { Command } from '../command.ts';
import { runProgram } from '../run-program.ts';

/** Runs jest; its global setup starts, or installs, what the chosen tests need. */
export const test: Command = (args, config) => {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return runProgram(process.execPath, [...node, 'node_modules/jest/bin/jest.js', ...args], config.env);
};
