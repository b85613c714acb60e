import { COMMON_FLAGS, YES } from './command-line.ts';
import type { Flags } from './flag.ts';
import type { Noun, Verb } from './verb.ts';

type Nouns = Readonly<Record<string, Noun>>;

const COMMAND = './sluice admin';
const GAP = 3;
/** Of what stands on the right. */
const COLUMNS = 64;

/** `./sluice admin`: everything there is. */
export function adminHelp(nouns: Nouns): string {
  const rows = Object.entries(nouns).map(([name, { about, verbs }]): Row => [
    name,
    [about, verbNames(verbs)].filter((line) => line !== ''),
  ]);
  return `Administers a gateway: who may use it, with which keys, how much, and at what price.

${table(rows)}
${COMMAND} NOUN shows what can be done, ${COMMAND} NOUN VERB --help with which options.

It speaks to the running stack, with the stack’s own admin key. For another gateway set
SLUICE_URL and SLUICE_ADMIN_KEY, or name them with --url and --key-file.
With --json the API’s own answer is printed. Exit code 0: done; 1: refused or failed, and
stderr says why; 2: the command line was not understood, and nothing was changed.
`;
}

/** `./sluice admin keys`: what can be done to one kind of thing. */
export function nounHelp(nouns: Nouns, name: string): string {
  const noun = nouns[name];
  if (!noun) return adminHelp(nouns);
  const only = noun.verbs[''];
  if (only) return verbHelp(nouns, { noun: name, verb: '' });
  const rows = Object.entries(noun.verbs).map(([verb, { about, args }]): Row => [[verb, ...argWords(args)].join(' '), [about]]);
  return `${sentence(noun.about)}\n\n${table(rows)}\n${COMMAND} ${name} VERB --help shows its options.\n`;
}

/** `./sluice admin keys create --help` */
export function verbHelp(nouns: Nouns, { noun, verb: name }: { noun: string; verb: string }): string {
  const verb = nouns[noun]?.verbs[name];
  if (!verb) return nounHelp(nouns, noun);
  const needed = Object.entries(verb.flags).flatMap(([flag, { hint, ...rest }]) =>
    'isRequired' in rest ? [`--${flag}${hint === undefined ? '' : ` ${hint}`}`] : [],
  );
  const usage = [COMMAND, noun, name, ...argWords(verb.args), ...needed, '[options]'].filter((word) => word !== '').join(' ');
  const args = Object.entries(verb.args).map(([arg, about]): Row => [arg.toUpperCase(), wrap(about)]);
  const own = flagRows({ ...verb.flags, ...(verb.warning ? YES : {}) });
  const notes = verb.notes.map((note) => `${note}\n`).join('');
  return `${usage}\n\n${sentence(verb.about)}\n\n${table([...args, ...own, ...flagRows(COMMON_FLAGS)])}${notes === '' ? '' : `\n${notes}`}`;
}

/** What is typed, and lines about it. */
type Row = readonly [left: string, right: readonly string[]];

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + GAP;
  const lines = rows.flatMap(([left, right]) => right.map((line, at) => `  ${(at === 0 ? left : '').padEnd(width)}${line}\n`));
  return lines.join('');
}

function flagRows(flags: Flags): readonly Row[] {
  return Object.entries(flags).map(([name, { hint, about, ...rest }]) => [
    `--${name}${hint === undefined ? '' : ` ${hint}`}`,
    wrap(`${about}${'join' in rest ? '; may be repeated' : ''}`),
  ]);
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function argWords(args: Verb['args']): readonly string[] {
  return Object.keys(args).map((name) => name.toUpperCase());
}

/** On a line of their own, where there are any. */
function verbNames(verbs: Noun['verbs']): string {
  return Object.keys(verbs)
    .filter((name) => name !== '')
    .join(', ');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
