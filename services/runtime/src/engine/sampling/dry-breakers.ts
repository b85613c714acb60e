/** Texts that end a repetition, as tokens: a token may hold one, or begin one that the next tokens complete. */
export class DryBreakers {
  /** By last token: what must stand before it. */
  readonly #headsByLast = new Map<number, (readonly number[])[]>();

  constructor(sequences: readonly (readonly number[])[]) {
    for (const sequence of sequences) {
      const last = sequence.at(-1);
      if (last === undefined) continue;
      const heads = this.#headsByLast.get(last) ?? [];
      heads.push(sequence.slice(0, -1));
      this.#headsByLast.set(last, heads);
    }
  }

  /** Whether the token is a breaker by itself. */
  isBreaker(token: number): boolean {
    return this.#headsByLast.get(token)?.some((head) => head.length === 0) ?? false;
  }

  endsWith(tokens: readonly number[]): boolean {
    const heads = this.#headsByLast.get(tokens.at(-1) ?? -1);
    return heads?.some((head) => head.every((token, i) => tokens[tokens.length - 1 - head.length + i] === token)) ?? false;
  }
}
