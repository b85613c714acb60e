import type { AdminApi } from './admin-api.ts';
import type { Flags, FlagValues } from './flag.ts';
import type { Terminal } from './terminal.ts';
import type { View } from './view.ts';

/** What a verb works with, once the command line was understood. */
export type Call<Arg extends string = string, All extends Flags = Flags> = {
  readonly api: AdminApi;
  readonly terminal: Terminal;
  readonly args: Readonly<Record<Arg, string>>;
  readonly flags: FlagValues<All>;
};

/** One command: what may be typed, and what it does. */
export type Verb = {
  readonly about: string;
  /** Names of the words behind the verb, in order, each with what it means. All must be there. */
  readonly args: Readonly<Record<string, string>>;
  readonly flags: Flags;
  /** Lines at the end of its help. */
  readonly notes: readonly string[];
  /** What is asked before it runs, where it cannot be undone. */
  readonly warning: ((call: Call) => Promise<string>) | undefined;
  readonly run: (call: Call) => Promise<View>;
};

/** A thing that can be administered, with what can be done to it; or one command that has no verbs. */
export type Noun = { readonly about: string; readonly verbs: Readonly<Record<string, Verb>> };

type Declaration<Args extends Readonly<Record<string, string>>, All extends Flags> = {
  readonly about: string;
  readonly args?: Args;
  readonly flags?: All;
  readonly notes?: readonly string[];
  readonly warning?: (call: Call<keyof Args & string, All>) => Promise<string>;
  readonly run: (call: Call<keyof Args & string, All>) => Promise<View>;
};

/** Declares a command whose body knows the types of its words and options. */
export function verb<const Args extends Readonly<Record<string, string>>, All extends Flags>(declaration: Declaration<Args, All>): Verb {
  const { args = {}, flags = {}, notes = [], warning, run, ...rest } = declaration;
  // The command line is read by these same tables, so a call is what the body takes.
  return { ...rest, args, flags, notes, warning: warning as Verb['warning'], run: run as Verb['run'] };
}
