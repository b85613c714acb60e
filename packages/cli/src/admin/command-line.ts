import { parseArgs } from 'node:util';
import { errorCode } from '@sluice/stack/error-code';
import { UsageError } from '../usage-error.ts';
import { text, toggle, type Flag, type Flags } from './flag.ts';
import type { Noun, Verb } from './verb.ts';

/** What every command takes. */
export const COMMON_FLAGS = {
  json: toggle('print the API’s JSON instead of text'),
  url: text('URL', 'another gateway than the running stack’s; also SLUICE_URL'),
  'key-file': text('FILE', 'a file that holds the admin key; also SLUICE_ADMIN_KEY'),
  help: toggle('show this'),
} satisfies Flags;
/** What those take besides that cannot be undone. */
export const YES = { yes: toggle('do not ask') } satisfies Flags;

type CommonValues = {
  readonly isJson: boolean;
  readonly isSure: boolean;
  readonly url: string | undefined;
  readonly keyFile: string | undefined;
};

export type AdminLine =
  | { readonly kind: 'help'; readonly noun?: string; readonly verb?: string }
  | {
      readonly kind: 'run';
      readonly noun: string;
      /** Empty for a noun without verbs. */
      readonly verb: string;
      readonly args: Readonly<Record<string, string>>;
      readonly flags: Readonly<Record<string, unknown>>;
      readonly common: CommonValues;
    };

const HELP = new Set(['help', '--help', '-h']);

/** Reads "keys create --project Demo". Throws a UsageError that names what is wrong; nothing has happened by then. */
export function readAdminLine(words: readonly string[], nouns: Readonly<Record<string, Noun>>): AdminLine {
  const [nounName, ...rest] = words;
  if (nounName === undefined || HELP.has(nounName)) return { kind: 'help' };
  const noun = nouns[nounName];
  if (!noun || !Object.hasOwn(nouns, nounName)) throw new UsageError(`There is no "${nounName}" to administer. See ./sluice admin.`);
  const { name: verbName, words: verbWords } = splitVerb(noun, rest);
  if (verbName === undefined || HELP.has(verbName)) return { kind: 'help', noun: nounName };
  const verb = noun.verbs[verbName];
  const command = ['./sluice admin', nounName, verbName].filter((word) => word !== '').join(' ');
  if (!verb || !Object.hasOwn(noun.verbs, verbName)) {
    throw new UsageError(`${nounName} cannot "${verbName}", but ${Object.keys(noun.verbs).join(', ')}. See ./sluice admin ${nounName}.`);
  }
  if (verbWords.some((word) => word === '--help' || word === '-h')) return { kind: 'help', noun: nounName, verb: verbName };
  try {
    return { kind: 'run', noun: nounName, verb: verbName, ...readVerb(verb, verbWords) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\nSee ${command} --help.`, { cause: error });
  }
}

function splitVerb(noun: Noun, words: readonly string[]): { name: string | undefined; words: readonly string[] } {
  if (Object.hasOwn(noun.verbs, '')) return { name: '', words };
  const [name, ...rest] = words;
  return { name, words: rest };
}

function readVerb(verb: Verb, words: readonly string[]) {
  const own: Flags = { ...verb.flags, ...(verb.warning ? YES : {}) };
  const known: Flags = { ...own, ...COMMON_FLAGS };
  const { values, positionals } = split(words, known);
  const read = (name: string): unknown => readFlag(name, known[name], values[name] ?? []);
  const args = readArgs(Object.keys(verb.args), positionals);
  const flags = Object.fromEntries(Object.keys(verb.flags).map((name) => [name, read(name)]));
  const common = {
    isJson: read('json') === true,
    isSure: read('yes') === true,
    url: read('url') as string | undefined,
    keyFile: read('key-file') as string | undefined,
  };
  return { args, flags, common };
}

type Split = { readonly values: Readonly<Record<string, readonly string[] | undefined>>; readonly positionals: readonly string[] };

/** Every option may come more than once here, so that one that may not is refused instead of forgotten. */
function split(words: readonly string[], flags: Flags): Split {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { hint }]) => [
      name,
      { type: hint === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const texts = Object.entries(values).map(([name, given]) => [name, [given].flat().map(String)]);
    return { values: Object.fromEntries(texts), positionals };
  } catch (error) {
    throw new UsageError(toRefusal(error), { cause: error });
  }
}

/** In our own words: Node's are about how to write programs. */
function toRefusal(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, name] = /'(?:-\w, )?(-[^ ']*)/.exec(message) ?? [];
  if (name === undefined) return message;
  if (errorCode(error) === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option ${name} here.`;
  return message.includes('does not take')
    ? `${name} takes no value.`
    : `${name} needs a value; one that begins with a dash is written ${name}=VALUE.`;
}

function readFlag(name: string, flag: Flag<unknown> | undefined, texts: readonly string[]): unknown {
  if (!flag) return undefined;
  if (texts.length === 0) {
    if ('isRequired' in flag) throw new UsageError(`--${name} is needed: ${flag.about}.`);
    return undefined;
  }
  if (texts.length > 1 && !flag.join) throw new UsageError(`--${name} was given ${texts.length} times.`);
  const values = texts.map((value) => {
    const read = flag.read(value);
    if (read === undefined) throw new UsageError(`--${name} takes ${flag.expected}, not "${value}".`);
    return read;
  });
  return flag.join ? flag.join(values) : values[0];
}

function readArgs(names: readonly string[], words: readonly string[]): Record<string, string> {
  const missing = names[words.length];
  if (missing !== undefined) throw new UsageError(`${missing.toUpperCase()} is missing.`);
  const extra = words[names.length];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
  const empty = names.find((_, at) => words[at]?.trim() === '');
  if (empty !== undefined) throw new UsageError(`${empty.toUpperCase()} is empty.`);
  return Object.fromEntries(names.map((name, at) => [name, words[at] ?? '']));
}
