/** A letter or digit, or the end of a character that may be one, and what else follows it in a token. */
const ACROSS_WORD = /[\p{L}\p{N}\uFFFD](?=([^\p{L}\p{N}\p{M}]))/gu;
const ACROSS_LINE = /\n[\p{L}\p{N}\uFFFC]/u;
/** Stand for the end and the beginning of a character of which a token has a part. */
const END = '\uFFFD';
const BEGINNING = '\uFFFC';

/** What stands side by side in the tokens of a vocabulary, and so may not be cut apart. */
export class TokenSeams {
  /** Whether no token has a line break and then a word. */
  readonly isFreeAfterLine: boolean;
  readonly #afterWord = new Set<string>();
  /** Bytes that may be the beginning of what stands after a word. */
  readonly #begunAfterWord = new Set<string>();
  readonly #isFree = new Map<string, boolean>();

  constructor(tokens: Iterable<Uint8Array>) {
    let isFreeAfterLine = true;
    const decoder = new TextDecoder();
    for (const bytes of tokens) {
      const { begin, end } = wholeCharacters(bytes);
      const text = (begin > 0 ? END : '') + decoder.decode(bytes.subarray(begin, end)) + (end < bytes.length ? BEGINNING : '');
      for (const [, right = ''] of text.matchAll(ACROSS_WORD)) {
        if (right === BEGINNING) this.#begunAfterWord.add(keyOf(bytes.subarray(end)));
        this.#afterWord.add(right);
      }
      isFreeAfterLine &&= !ACROSS_LINE.test(text);
    }
    this.isFreeAfterLine = isFreeAfterLine;
  }

  /** Whether no token has a letter or digit and then this, or a part of it. */
  isFreeAfterWord(right: string): boolean {
    const known = this.#isFree.get(right);
    if (known !== undefined) return known;
    const bytes = Buffer.from(right);
    const beginnings = Array.from(bytes, (_, i) => keyOf(bytes.subarray(0, i + 1)));
    const isFree = !this.#afterWord.has(right) && !beginnings.some((beginning) => this.#begunAfterWord.has(beginning));
    this.#isFree.set(right, isFree);
    return isFree;
  }
}

/** Where the first whole character of a token begins, and the last one ends. */
function wholeCharacters(bytes: Uint8Array): { begin: number; end: number } {
  const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
  let begin = 0;
  while (isContinuation(bytes[begin])) begin++;
  let last = bytes.length - 1;
  while (last > begin && isContinuation(bytes[last])) last--;
  const lead = bytes[last] ?? 0;
  const wanted = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return { begin, end: last >= begin && bytes.length - last < wanted ? last : bytes.length };
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
