import type { CodePoints } from './code-points.ts';

/** A regular expression, parsed. */
export type Pattern =
  | { readonly kind: 'characters'; readonly set: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly of: Pattern; readonly min: number; readonly max: number }
  /** `^` and `$`: the text begins or ends here. */
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

export const NOTHING: Pattern = { kind: 'sequence', parts: [] };

export function characters(set: CodePoints): Pattern {
  return { kind: 'characters', set };
}

export function sequence(...parts: readonly Pattern[]): Pattern {
  return parts.length === 1 && parts[0] ? parts[0] : { kind: 'sequence', parts };
}

export function choice(...options: readonly Pattern[]): Pattern {
  return options.length === 1 && options[0] ? options[0] : { kind: 'choice', options };
}

export function repeat(of: Pattern, min: number, max: number = Number.POSITIVE_INFINITY): Pattern {
  return { kind: 'repeat', of, min, max };
}

export function optional(of: Pattern): Pattern {
  return repeat(of, 0, 1);
}

export function literal(text: string): Pattern {
  return sequence(...Array.from(text, (char) => characters([[char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]])));
}
