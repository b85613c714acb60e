import type { Engine } from '../engine/engine.ts';
import type { ActiveGeneration } from '../scheduler/active-generation.ts';
import type { DraftSource } from './draft-source.ts';
import { SpeculationGate } from './speculation-gate.ts';

export type SpeculationOptions = {
  readonly source: DraftSource;
  /** Tokens guessed ahead in one step at most. */
  readonly draftTokens: number;
  /** Called once, when the source failed or the model cannot take back what was wrong; there are no guesses from then on. */
  readonly onGivenUp?: (cause: unknown) => void;
};

/** The first `guessed` tokens are a guess, the others fill it up. */
export type Draft = { readonly generation: ActiveGeneration; readonly tokens: readonly number[]; readonly guessed: number };

/** What a decode round is to do: confirm guesses for some, decode plainly for the others. */
export type Round = { readonly drafts: readonly Draft[]; readonly plain: readonly ActiveGeneration[] };

/**
 * Chooses who gets guesses in a decode round. All guesses of a round are equally long, because sequences with different
 * numbers of tokens do not share a pass; shorter ones are filled up, which costs no more than their share of the pass.
 */
export class Speculation {
  readonly gate = new SpeculationGate();
  readonly #options: SpeculationOptions;
  #isGivenUp = false;
  readonly #engine: Pick<Engine, 'contextTokens' | 'batchTokens'>;

  constructor(options: SpeculationOptions, engine: Pick<Engine, 'contextTokens' | 'batchTokens'>) {
    this.#options = options;
    this.#engine = engine;
  }

  /** Whether guesses should be looked for in the next decode round. Asked once a round. */
  isDue(sequences: number): boolean {
    return !this.#isGivenUp && this.gate.isOpen(sequences);
  }

  /** Undefined where there is no guess. */
  async plan(decoding: readonly ActiveGeneration[]): Promise<Round | undefined> {
    const able = decoding.filter((generation) => this.#roomFor(generation) > 0);
    const tokensMax = Math.min(
      this.#options.draftTokens,
      ...able.map((generation) => this.#roomFor(generation)),
      this.#shareOf(able.length),
    );
    if (able.length === 0 || tokensMax < 1) return undefined;
    const guesses = await this.#propose(able, tokensMax);
    const guessed = able.flatMap((generation, i) => {
      const tokens = guesses[i] ?? [];
      return tokens.length > 0 ? [{ generation, tokens }] : [];
    });
    if (guessed.length === 0) return undefined;
    const length = Math.max(...guessed.map(({ tokens }) => tokens.length));
    const drafts = guessed.map(({ generation, tokens }) => ({ generation, tokens: filledUp(tokens, length), guessed: tokens.length }));
    const isGuessed = new Set(drafts.map(({ generation }) => generation));
    return { drafts, plain: decoding.filter((generation) => !isGuessed.has(generation)) };
  }

  forget(generation: ActiveGeneration): void {
    try {
      this.#options.source.forget(generation);
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** There are no guesses from now on. */
  giveUp(cause: unknown): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#options.onGivenUp?.(cause);
  }

  /** Guesses are a help: without them the work goes on. */
  async #propose(able: readonly ActiveGeneration[], tokensMax: number): Promise<readonly (readonly number[])[]> {
    try {
      return await this.#options.source.propose(able, tokensMax);
    } catch (error) {
      this.giveUp(error);
      return [];
    }
  }

  /** How far ahead of a generation may be guessed: what is guessed must fit its slot, and what it may still say. */
  #roomFor(generation: ActiveGeneration): number {
    if (!generation.isSpeculable) return 0;
    return Math.min(this.#engine.contextTokens - generation.cachedLength - 1, generation.freeTokensLeft - 1);
  }

  #shareOf(sequences: number): number {
    return Math.floor(this.#engine.batchTokens / Math.max(1, sequences)) - 1;
  }
}

function filledUp(tokens: readonly number[], length: number): readonly number[] {
  const last = tokens.at(-1) ?? 0;
  return tokens.length === length ? tokens : [...tokens, ...Array.from({ length: length - tokens.length }, () => last)];
}
