import { choice, EMPTY, NEVER, repeat, sequence, type Expression } from './expression.ts';

/** Without the ways that never come to an end, in which a model would be caught. Undefined when the start itself has no end. */
export function prune(definitions: ReadonlyMap<string, Expression>, start: string): ReadonlyMap<string, Expression> | undefined {
  const ending = endingRules(definitions);
  if (!ending.has(start)) return undefined;
  const kept = new Map<string, Expression>();
  const pending = [start];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const definition = definitions.get(name);
    if (kept.has(name) || !definition) continue;
    const pruned = withoutDeadEnds(definition, ending);
    kept.set(name, pruned);
    pending.push(...rulesIn(pruned));
  }
  return kept;
}

/** Rules that some finite text fulfils. */
function endingRules(definitions: ReadonlyMap<string, Expression>): ReadonlySet<string> {
  const ending = new Set<string>();
  for (let size = -1; size !== ending.size;) {
    size = ending.size;
    for (const [name, definition] of definitions) if (!ending.has(name) && ends(definition, ending)) ending.add(name);
  }
  return ending;
}

function ends(expression: Expression, ending: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'text':
      return true;
    case 'characters':
      return expression.set.length > 0;
    case 'rule':
      return ending.has(expression.name);
    case 'sequence':
      return expression.parts.every((part) => ends(part, ending));
    case 'choice':
      return expression.options.some((option) => ends(option, ending));
    case 'repeat':
      return expression.min === 0 || ends(expression.of, ending);
    default:
      return expression satisfies never;
  }
}

function withoutDeadEnds(expression: Expression, ending: ReadonlySet<string>): Expression {
  if (!ends(expression, ending)) return NEVER;
  switch (expression.kind) {
    case 'text':
    case 'characters':
    case 'rule':
      return expression;
    case 'sequence':
      return sequence(...expression.parts.map((part) => withoutDeadEnds(part, ending)));
    case 'choice':
      return choice(...expression.options.filter((option) => ends(option, ending)).map((option) => withoutDeadEnds(option, ending)));
    case 'repeat':
      if (!ends(expression.of, ending)) return EMPTY;
      return repeat(withoutDeadEnds(expression.of, ending), expression.min, expression.max);
    default:
      return expression satisfies never;
  }
}

function rulesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'text':
    case 'characters':
      return [];
    case 'rule':
      return [expression.name];
    case 'sequence':
      return expression.parts.flatMap(rulesIn);
    case 'choice':
      return expression.options.flatMap(rulesIn);
    case 'repeat':
      return rulesIn(expression.of);
    default:
      return expression satisfies never;
  }
}
