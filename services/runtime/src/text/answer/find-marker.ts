export type FoundMarker = { readonly index: number; readonly marker: string };

/** The first of the markers in a text. No marker may begin with another. */
export function findMarker(text: string, markers: readonly string[]): FoundMarker | undefined {
  let first: FoundMarker | undefined;
  for (const marker of markers) {
    const index = text.indexOf(marker);
    if (index >= 0 && (!first || index < first.index)) first = { index, marker };
  }
  return first;
}

/** The length of the longest end of `text` that is the beginning of a marker, and may still become one. */
export function unfinishedLength(text: string, markers: readonly string[]): number {
  let longest = 0;
  for (const marker of markers) {
    for (let length = Math.min(marker.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(marker.slice(0, length))) {
        longest = length;
        break;
      }
    }
  }
  return longest;
}
