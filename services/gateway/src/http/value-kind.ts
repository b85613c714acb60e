/** What a JSON value is, in the words of OpenAI's messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'empty array' : `array of ${plural(kindOf(value[0]))}`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal number';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value;
}

export function withArticle(kind: string): string {
  if (kind === 'null') return kind;
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

export function quoteAll(values: readonly string[], conjunction: 'and' | 'or'): string {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop();
  if (quoted.length === 0) return last ?? '';
  return `${quoted.join(', ')}${quoted.length > 1 ? ',' : ''} ${conjunction} ${last}`;
}

function plural(kind: string): string {
  if (kind === 'null') return 'nulls';
  return kind.startsWith('array') || kind === 'empty array' ? 'arrays' : `${kind}s`;
}
