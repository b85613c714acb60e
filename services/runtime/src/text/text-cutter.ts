import { Fault } from '@sluice/platform/fault';
import { TokenSeams } from './token-seams.ts';

/** Cuts a text into parts that have, one after the other, the tokens of the whole. */
export type TextCutter = (text: string) => string[];

/** Prose of this length takes a few milliseconds. */
const PART_LENGTH = 8_192;

/** A part that cannot be cut is read in one go, which takes about a hundred milliseconds for the worst of this length. */
const UNCUT_LENGTH_MAX = 32_768;

const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;
/** Not the apostrophe: some vocabularies keep it with the word. */
const NO_WORD = /[^\p{L}\p{N}\p{M}\p{Cs}'’]/u;

/** Some of everything, to see that no token changes. */
const SAMPLE = `Hello, world! It's 3.14 (or 22/7), isn't it?\n\nif (a1 == "b_2") { return c[3]; }\n  naïve café;\n你好，世界。\n这是什么？\nこれは。 Привет, мир: а?\ta\r\nfoo.bar@example.com #1 <b>bold</b> — end. `;

/**
 * A cutter for a vocabulary, given the bytes of all its tokens. A text is cut where a word ends, or where one begins after a
 * line break, provided that no token has both sides of the place in it: then nothing that makes tokens reaches across.
 * Undefined where a sample says otherwise.
 */
export function createTextCutter(tokens: Iterable<Uint8Array>, encode: (parts: readonly string[]) => Uint32Array): TextCutter | undefined {
  const seams = new TokenSeams(tokens);
  const canCut = (text: string, at: number): boolean => {
    const [before, left, right] = [text.charAt(at - 2), text.charAt(at - 1), text.charAt(at)];
    if (WORD.test(left) && NO_WORD.test(right)) return seams.isFreeAfterWord(right);
    // After more white space than that, some vocabularies keep the last of it apart.
    return left === '\n' && before !== '' && !SPACE.test(before) && WORD.test(right) && seams.isFreeAfterLine;
  };
  const cutEvery = (length: number) => (text: string) => cut(text, length, canCut);
  const isExact = encode(cutEvery(1)(SAMPLE)).join() === encode([SAMPLE]).join();
  return isExact ? cutEvery(PART_LENGTH) : undefined;
}

/** Throws a Fault for a text that would hold up everything else in the process. */
export function assertCut(parts: readonly string[], param: string): void {
  const uncut = parts.find((part) => part.length > UNCUT_LENGTH_MAX);
  if (uncut === undefined) return;
  throw new Fault('INVALID_VALUE', {
    message: `Invalid '${param}': it has ${uncut.length} characters in a row in which no word ends. At most ${UNCUT_LENGTH_MAX} are read.`,
    param,
  });
}

/** At the last place before so many characters; where there is none, at the first one after them, unless that is too far. */
function cut(text: string, length: number, canCut: (text: string, at: number) => boolean): string[] {
  const parts: string[] = [];
  let from = 0;
  while (text.length - from > length) {
    let at = from + length;
    while (at > from && !canCut(text, at)) at--;
    if (at === from) {
      at = from + length + 1;
      while (at < text.length && !canCut(text, at)) at = at - from > UNCUT_LENGTH_MAX ? text.length : at + 1;
    }
    parts.push(text.slice(from, at));
    from = at;
  }
  if (from < text.length || parts.length === 0) parts.push(text.slice(from));
  return parts;
}
