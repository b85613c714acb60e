import type { Constraint__Output } from '@sluice/proto/v1/Constraint';
import type { ConstraintSource, OutputSource } from '../constraint/output-source.ts';

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
