/** Unicode's noncharacters are for a program's own use; nobody sends them. */
const SEAM = '\uFDD0';
/** A template may have written it as JSON. */
const WRITTEN_SEAM = /\uFDD0|\\ufdd0/gi;

export type MarkerGuard = {
  /** The same value, with a seam in every marker that any text in it spells. The same object where there is none. */
  sew<Value>(value: Value): Value;
};

/** Keeps texts of a client from being read as the markers that a template puts between them. */
export function createMarkerGuard(markers: Iterable<string>): MarkerGuard {
  // A marker of one character cannot be taken apart, and no model has one.
  const texts = [...new Set(markers)].filter((text) => text.length > 1);
  if (texts.length === 0) return { sew: (value) => value };
  const pattern = new RegExp(texts.map(escaped).join('|'), 'g');
  const sewText = (text: string): string => {
    let sewn = '';
    let from = 0;
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      const cut = found.index + String.fromCodePoint(found[0].codePointAt(0) ?? 0).length;
      sewn += text.slice(from, cut) + SEAM;
      from = cut;
      // Another marker may begin within this one.
      pattern.lastIndex = cut;
    }
    return from === 0 ? text : sewn + text.slice(from);
  };
  const sewAny = (value: unknown): unknown => {
    if (typeof value === 'string') return sewText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const sewn = value.map(sewAny);
      return sewn.some((each, i) => each !== value[i]) ? sewn : value;
    }
    const entries = Object.entries(value);
    const sewn = entries.map(([key, each]) => [sewText(key), sewAny(each)] as const);
    return sewn.some(([key, each], i) => key !== entries[i]?.[0] || each !== entries[i]?.[1]) ? Object.fromEntries(sewn) : value;
  };
  // What goes in comes out, with texts changed for texts.
  return { sew: <Value>(value: Value): Value => sewAny(value) as Value };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** The text between the seams. */
export function cutAtSeams(text: string): string[] {
  return text.split(WRITTEN_SEAM);
}
