import { NO_TOKEN, type Engine, type PrefillChunk, type Sampler } from '../engine/engine.ts';
import { GREEDY } from '../engine/greedy.ts';
import type { ActiveGeneration } from '../scheduler/active-generation.ts';
import type { DraftSource } from './draft-source.ts';

/** A generation's place in the small model. */
type Seat = { readonly slot: number; readonly sampler: Sampler; readonly held: number[] };

type Reading = { readonly generation: ActiveGeneration; readonly seat: Seat; readonly chunk: PrefillChunk };

type Guess = { readonly seat: Seat; readonly tokens: number[] };

/**
 * Drafts from a smaller model with the same vocabulary, which reads along in slots of its own. A prompt is read a batch
 * at a time, with the rounds that draft; until it is through there is no guess for it. Guesses are the small model's
 * likeliest tokens.
 */
export class DraftModelDrafts implements DraftSource {
  readonly #engine: Engine;
  readonly #seats = new Map<ActiveGeneration, Seat>();
  readonly #freeSlots: number[];

  /** The engine is the drafts' own from now on. It should have as many slots as the model that it guesses for. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#freeSlots = Array.from({ length: engine.slots }, (_, slot) => engine.slots - 1 - slot);
  }

  async propose(generations: readonly ActiveGeneration[], tokensMax: number): Promise<readonly (readonly number[])[]> {
    const guesses = new Map<ActiveGeneration, number[]>();
    const reading = this.#readNext(generations.filter((generation) => this.#hasRoom(generation, tokensMax)));
    if (reading.length === 0) return generations.map(() => []);
    const { tokens } = await this.#engine.prefill(reading.map(({ chunk }) => chunk));
    const ready: Guess[] = [];
    reading.forEach(({ generation, seat, chunk }, i) => {
      for (const read of chunk.tokens) seat.held.push(read);
      const token = tokens[i];
      if (!chunk.sampler || token === undefined || token === NO_TOKEN) return;
      const guess = [token];
      guesses.set(generation, guess);
      ready.push({ seat, tokens: guess });
    });
    for (let length = 1; length < tokensMax && ready.length > 0; length++) await this.#guessOneMore(ready);
    return generations.map((generation) => guesses.get(generation) ?? []);
  }

  forget(generation: ActiveGeneration): void {
    const seat = this.#seats.get(generation);
    if (!seat) return;
    this.#seats.delete(generation);
    this.#engine.clear(seat.slot);
    this.#engine.releaseSampler(seat.sampler);
    this.#freeSlots.push(seat.slot);
  }

  #seatOf(generation: ActiveGeneration): Seat | undefined {
    const known = this.#seats.get(generation);
    if (known) return known;
    const slot = this.#freeSlots.pop();
    if (slot === undefined) return undefined;
    const seat = { slot, sampler: this.#engine.acquireSampler(GREEDY), held: [] };
    this.#seats.set(generation, seat);
    return seat;
  }

  /** What is guessed must fit the small model's slot, too. */
  #hasRoom({ request, output }: ActiveGeneration, tokensMax: number): boolean {
    return request.prompt.length + output.length + tokensMax <= this.#engine.contextTokens;
  }

  /** What each is to read now, one batch in all, in the order of slots. */
  #readNext(generations: readonly ActiveGeneration[]): Reading[] {
    const readings: Reading[] = [];
    let left = this.#engine.batchTokens;
    for (const generation of generations) {
      const seat = this.#seatOf(generation);
      if (!seat || left === 0) continue;
      const sequence = sequenceOf(generation);
      this.#keepCommon(seat, sequence);
      const position = seat.held.length;
      const tokens = sequence.subarray(position, position + left);
      const isThrough = position + tokens.length === sequence.length;
      readings.push({ generation, seat, chunk: { slot: seat.slot, position, tokens, sampler: isThrough ? seat.sampler : undefined } });
      left -= tokens.length;
    }
    return readings.sort((a, b) => a.seat.slot - b.seat.slot);
  }

  /** Takes back guesses that were wrong. The last token is always read anew: its logits give the first guess. */
  #keepCommon(seat: Seat, sequence: Uint32Array): void {
    const end = Math.min(seat.held.length, sequence.length - 1);
    let common = 0;
    while (common < end && seat.held[common] === sequence[common]) common++;
    if (common === 0 || !this.#engine.trim(seat.slot, common)) {
      this.#engine.clear(seat.slot);
      common = 0;
    }
    seat.held.length = common;
  }

  async #guessOneMore(guesses: readonly Guess[]): Promise<void> {
    const items = guesses.map(({ seat, tokens }) => ({
      slot: seat.slot,
      position: seat.held.length,
      token: tokens.at(-1) ?? 0,
      sampler: seat.sampler,
    }));
    const result = await this.#engine.decode(items);
    guesses.forEach(({ seat, tokens }, i) => {
      seat.held.push(items[i]?.token ?? 0);
      tokens.push(result.tokens[i] ?? 0);
    });
  }
}

function sequenceOf({ request, output }: ActiveGeneration): Uint32Array {
  const sequence = new Uint32Array(request.prompt.length + output.length);
  sequence.set(request.prompt);
  sequence.set(output, request.prompt.length);
  return sequence;
}
