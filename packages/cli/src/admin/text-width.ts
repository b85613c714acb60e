const SEGMENTER = new Intl.Segmenter('en');
/** Hangul, kana, Han and full-width forms, and pictures: they take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Script=Han}|\p{Emoji_Presentation}/u;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return lettersOf(text).reduce((sum, letter) => sum + widthOf(letter), 0);
}

/** The text in at most so many columns; one that was cut ends in "…". */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let left = columns - 1;
  for (const letter of lettersOf(text)) {
    left -= widthOf(letter);
    if (left < 0) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** Without what would move a terminal's cursor, colour it or turn its direction: names come from whoever may set them. */
export function printable(text: string): string {
  return text.replace(CONTROL, '\uFFFD');
}

/** The same of a text that may have several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function lettersOf(text: string): readonly string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

function widthOf(letter: string): number {
  return WIDE.test(letter) ? 2 : 1;
}
