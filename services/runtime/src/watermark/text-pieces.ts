/** The text in pieces of at most so many UTF-16 units, cut before a space where there is one in the second half of a piece. */
export function textPieces(text: string, lengthMax: number): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = endOfPiece(text, start, start + lengthMax);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function endOfPiece(text: string, start: number, end: number): number {
  if (end >= text.length) return text.length;
  const space = text.lastIndexOf(' ', end);
  if (space > (start + end) / 2) return space;
  const isInsidePair = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') && end - 1 > start;
  return isInsidePair ? end - 1 : end;
}
