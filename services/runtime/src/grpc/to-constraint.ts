import type { Constraint__Output } from '@sluice/proto/v1/Constraint';
import type { ConstraintSource, OutputSource } from '../constraint/output-source.ts';
import { PARAMS } from '../constraint/params.ts';
import type { OutputForm } from '../scheduler/generation.ts';

/** What the wire asks an answer to be; undefined for anything. */
export function toConstraint(wire: Constraint__Output | null | undefined): ConstraintSource | undefined {
  if (wire?.jsonSchema !== undefined) return { kind: 'jsonSchema', schema: wire.jsonSchema };
  if (wire?.regex !== undefined) return { kind: 'regex', pattern: wire.regex };
  if (wire?.choices) return { kind: 'choices', texts: wire.choices.texts };
  if (wire?.grammar !== undefined) return { kind: 'grammar', gbnf: wire.grammar };
  return wire?.jsonObject ? { kind: 'jsonObject' } : undefined;
}

/** An output without thoughts and calls. */
export function onlyConstraint(constraint: ConstraintSource | undefined): OutputSource | undefined {
  return constraint && { thoughts: undefined, contentBegin: '', constraint, calls: undefined };
}

/** What the scheduler must know of it. A text by pattern may well be meant to end at a stop string; half of a JSON value is none. */
export function toForm({ constraint }: OutputSource): OutputForm {
  return {
    param: constraint ? PARAMS[constraint.kind] : 'tools',
    isLostByStops: constraint?.kind !== 'regex' && constraint?.kind !== 'grammar',
  };
}
