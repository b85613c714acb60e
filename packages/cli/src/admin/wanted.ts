import { UsageError } from '../usage-error.ts';

/** Throws UsageError when none of the options was given that say what to change. */
export function requireSome(flags: Readonly<Record<string, unknown>>): void {
  if (Object.values(flags).some((value) => value !== undefined)) return;
  const names = Object.keys(flags).map((name) => `--${name}`);
  throw new UsageError(`There is nothing to change. Name something: ${names.join(', ')}.`);
}
