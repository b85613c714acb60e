import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { CliConfig } from './config.ts';
import { UsageError } from './usage-error.ts';

/** Runs one subcommand and resolves with the exit code. */
export type Command = (args: readonly string[], config: CliConfig) => Promise<number>;

/** `parseArgs` that tells a person what was wrong instead of printing a stack. */
export function parseCommandLine<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee ./sluice help.`, { cause: error });
  }
}
