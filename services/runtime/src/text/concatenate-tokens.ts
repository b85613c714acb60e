/** Tokens one after the other, however many: spreading them overflows the stack beyond a hundred thousand. */
export function concatenateTokens(parts: readonly ArrayLike<number>[]): Uint32Array {
  const tokens = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  return tokens;
}
