const CONTROL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

const WORDS =
  'a the is of and in on to it cat cats dog fox bird sat ran sleeps mat sofa garden house river sea tree sun rain bread milk soup salt price market stock bank money tax law court judge train car road engine wheel music song piano what where who does make how old new big small red blue'.split(
    ' ',
  );

const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789.,?!-'.split('');

/** Marks the beginning of a word in a WordPiece vocabulary as GGUF writes it. */
const WORD_START = '\u2581';

/** A WordPiece vocabulary that spells every ASCII text: whole words for some, characters for all others. */
export const VOCABULARY: readonly string[] = [
  ...CONTROL,
  ...[...new Set([...WORDS, ...CHARACTERS])].map((word) => WORD_START + word),
  ...CHARACTERS,
];

/** llama.h: enum llama_token_type. */
const NORMAL_TYPE = 1;
const UNKNOWN_TYPE = 2;
const CONTROL_TYPE = 3;

export const TOKEN_TYPES: readonly number[] = VOCABULARY.map((text) => {
  if (text === '[UNK]') return UNKNOWN_TYPE;
  return CONTROL.some((control) => control === text) ? CONTROL_TYPE : NORMAL_TYPE;
});

/** The token ids of words that the vocabulary holds, without markers around them. Throws for any other word. */
export function idsOfWords(text: string): number[] {
  return text.split(' ').map((word) => idOf(WORD_START + word));
}

/** Throws for a text that is no single token. */
export function idOf(token: string): number {
  const id = VOCABULARY.indexOf(token);
  if (id < 0) throw new RangeError(`${token} is not in the tiny vocabulary`);
  return id;
}
