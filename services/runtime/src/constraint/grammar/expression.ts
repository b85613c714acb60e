import type { CodePoints } from '../language/code-points.ts';

/** The right side of a grammar's rule. */
export type Expression =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'characters'; readonly set: CodePoints }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly of: Expression; readonly min: number; readonly max: number };

export const EMPTY: Expression = { kind: 'text', text: '' };

/** Matches no text at all. */
export const NEVER: Expression = { kind: 'choice', options: [] };

export function text(value: string): Expression {
  return value === '' ? EMPTY : { kind: 'text', text: value };
}

export function characters(set: CodePoints): Expression {
  const [range, ...others] = set;
  if (range && others.length === 0 && range[0] === range[1]) return text(String.fromCodePoint(range[0]));
  return { kind: 'characters', set };
}

export function ruleNamed(name: string): Expression {
  return { kind: 'rule', name };
}

export function sequence(...parts: readonly Expression[]): Expression {
  const flat: Expression[] = [];
  for (const part of parts.flatMap((part) => (part.kind === 'sequence' ? part.parts : [part]))) {
    if (part === NEVER) return NEVER;
    const previous = flat.at(-1);
    if (part.kind === 'text' && previous?.kind === 'text') flat[flat.length - 1] = text(previous.text + part.text);
    else if (part !== EMPTY) flat.push(part);
  }
  if (flat.length === 0) return EMPTY;
  return flat.length === 1 && flat[0] ? flat[0] : { kind: 'sequence', parts: flat };
}

export function choice(...options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]));
  if (flat.length === 0) return NEVER;
  return flat.length === 1 && flat[0] ? flat[0] : { kind: 'choice', options: flat };
}

export function repeat(of: Expression, min: number, max: number = Number.POSITIVE_INFINITY): Expression {
  if (max === 0) return EMPTY;
  return min === 1 && max === 1 ? of : { kind: 'repeat', of, min, max };
}

export function optional(of: Expression): Expression {
  return repeat(of, 0, 1);
}
