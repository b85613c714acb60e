import type { Clock } from '@sluice/platform/clock';
import type { Fault } from '@sluice/platform/fault';
import type { Engine, StepResult, TokenLogprobs } from '../engine/engine.ts';
import type { Draft, Round, Speculation } from '../speculation/speculation.ts';
import type { ActiveGeneration } from './active-generation.ts';
import { engineFault } from './engine-fault.ts';
import type { SchedulerObserver } from './observer.ts';
import type { Placement } from './placement.ts';
import { PrefillBudget } from './prefill-budget.ts';
import type { PrefillOrder } from './prefill-order.ts';
import { groupByLength, planPrefill, type Beginning, type PlannedChunk } from './prefill-plan.ts';
import type { Turn } from './turns.ts';

/** What a step sampled for one generation; `failure` is why that is NO_TOKEN. */
export type Sampled = { readonly token: number | undefined; readonly logprobs?: TokenLogprobs | undefined; readonly failure?: unknown };

/** What becomes of a step's tokens, and of generations whose step failed. */
export type StepSink = {
  /** True when the token was the generation's last. Never throws: what goes wrong with it fails this generation. */
  accept(generation: ActiveGeneration, sampled: Sampled): boolean;
  fail(generation: ActiveGeneration, fault: Fault): void;
  /** It has said all that it may. */
  end(generation: ActiveGeneration): void;
  isRunning(generation: ActiveGeneration): boolean;
  /** Everybody was told that it failed, so nothing may come after that. */
  isAbandoned(): boolean;
  /** Sends what the last step produced; called while the next one runs. */
  flush(): void;
};

type StepParts = {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly observer: SchedulerObserver;
  readonly placement: Placement;
  readonly order: PrefillOrder;
  readonly speculation: Speculation | undefined;
  /** How long one prefill step may hold up running sequences. */
  readonly prefillStallMs: number;
  readonly sink: StepSink;
  /** Called once when steps failed too often to go on. */
  readonly onBroken: (cause: unknown) => void;
};

type Verified = { readonly sampled: readonly (number | undefined)[]; readonly failure: unknown };

/** Of a guess: how many tokens became output, and how many of those were guessed. */
type Confirmed = { readonly output: number; readonly guessed: number };

/** One failed step may be one bad request; three in a row mean that the context is lost. */
const FAILED_STEPS_MAX = 3;

/** Carries out turns on the engine: reads prompts, decodes, confirms guesses. What fails, fails only those that it was for. */
export class StepRunner {
  readonly #parts: StepParts;
  readonly #budget: PrefillBudget;
  #isShortestFirst = false;
  #failedSteps = 0;

  constructor(parts: StepParts) {
    this.#parts = parts;
    this.#budget = new PrefillBudget({ stallMs: parts.prefillStallMs, batchTokens: parts.engine.batchTokens });
  }

  async run(turn: Turn): Promise<void> {
    const isUsed = this.#try(turn.generations, () => this.#parts.engine.useAdapter(turn.adapter));
    if (isUsed && turn.kind === 'prefill') await this.#prefill(turn);
    else if (isUsed) await this.#decode(turn.generations);
  }

  async #begin(generation: ActiveGeneration, options: { mayWait: boolean }): Promise<Beginning> {
    try {
      return await this.#parts.placement.begin(generation, options);
    } catch (error) {
      this.#parts.sink.fail(generation, engineFault(error));
      return 'failed';
    }
  }

  /** False when it failed, and with it the generations that it was for. */
  #try(generations: readonly ActiveGeneration[], act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      for (const generation of generations) this.#parts.sink.fail(generation, engineFault(error));
      return false;
    }
  }

  async #prefill({ generations: readers, decoding }: Turn): Promise<void> {
    this.#isShortestFirst = !this.#isShortestFirst;
    const plan = await planPrefill({
      readers: this.#parts.order.sorted(readers),
      budgetFor: ({ readLength: depth, tokensLeftToRead: rest, isUntouched }) =>
        this.#budget.tokens({ running: decoding, waiting: readers.length, depth, rest, isUntouched }),
      isShortestFirst: this.#isShortestFirst,
      begin: (generation, options) => this.#begin(generation, options),
      isHurried: decoding > 0,
    });
    for (const group of groupByLength(plan)) await this.#readChunks(group);
    this.#parts.order.dropRead();
  }

  async #readChunks(plan: readonly PlannedChunk[]): Promise<void> {
    const generations = plan.map((planned) => planned.generation);
    const chunks = plan.map(({ generation, tokens }) => generation.nextChunk(tokens));
    const tokens = plan.reduce((sum, planned) => sum + planned.tokens, 0);
    const result = await this.#attempt(generations, () => this.#parts.engine.prefill(chunks));
    if (!result) return;
    const [first] = chunks;
    if (first) this.#budget.recordPrefill({ tokens, length: first.tokens.length, depth: first.position, ms: result.forwardMs });
    this.#parts.observer.onStep({
      kind: 'prefill',
      sequences: plan.length,
      tokens,
      forwardMs: result.forwardMs,
      sampleMs: result.sampleMs,
    });
    plan.forEach((planned, i) => {
      const { generation } = planned;
      const state = generation.read(planned.tokens, result.promptLogprobs?.[i]);
      if (state === 'sampled') this.#parts.sink.accept(generation, sampledAt(result, i));
      else if (state === 'over') this.#parts.sink.end(generation);
    });
  }

  async #decode(decoding: readonly ActiveGeneration[]): Promise<void> {
    const { speculation, clock, sink } = this.#parts;
    if (speculation?.isDue(decoding.length)) {
      const startMs = clock.monotonicMs();
      const planning = speculation.plan(decoding);
      // A smaller model's steps are steps, too.
      sink.flush();
      const round = await planning;
      const planMs = clock.monotonicMs() - startMs;
      if (round) return this.#decodeRound(round, { speculation, planMs });
      speculation.gate.recordFruitless({ sequences: decoding.length, ms: planMs });
    }
    const ms = await this.#decodePlainly(decoding);
    if (ms !== undefined) speculation?.gate.recordPlain(decoding.length, ms);
  }

  async #decodeRound({ drafts, plain }: Round, { speculation, planMs }: { speculation: Speculation; planMs: number }): Promise<void> {
    const verified = await this.#verify(drafts);
    const plainMs = plain.length > 0 ? await this.#decodePlainly(plain) : 0;
    if (!verified || plainMs === undefined) return;
    const sequences = drafts.length + plain.length;
    const tokens = verified.tokens + plain.length;
    speculation.gate.recordSpeculative({ sequences, tokens, ms: planMs + verified.ms + plainMs });
  }

  /** What the step took; undefined when it failed. */
  async #decodePlainly(decoding: readonly ActiveGeneration[]): Promise<number | undefined> {
    const items = decoding.map((generation) => generation.decodeItem());
    const result = await this.#attempt(decoding, () => this.#parts.engine.decode(items));
    if (!result) return undefined;
    const ms = this.#recordDecode(items.length, items.length, result);
    decoding.forEach((generation, i) => this.#parts.sink.accept(generation, sampledAt(result, i)));
    return ms;
  }

  async #verify(drafts: readonly Draft[]): Promise<{ readonly ms: number; readonly tokens: number } | undefined> {
    const generations = drafts.map(({ generation }) => generation);
    const items = drafts.map(({ generation, tokens }) => ({ ...generation.decodeItem(), draft: tokens }));
    const result = await this.#attempt(generations, () => this.#parts.engine.verify(items));
    if (!result) return undefined;
    const tokensRead = items.reduce((sum, item) => sum + 1 + item.draft.length, 0);
    const ms = this.#recordDecode(items.length, tokensRead, result);
    const counts = drafts.map((draft, i) =>
      this.#acceptAll(draft, { sampled: result.tokens[i] ?? [undefined], failure: result.failures?.[i] }),
    );
    const total = (read: (counts: Confirmed) => number): number => counts.reduce((sum, each) => sum + read(each), 0);
    this.#parts.observer.onDrafts({
      tokens: drafts.reduce((sum, { guessed }) => sum + guessed, 0),
      accepted: total((each) => each.guessed),
    });
    return { ms, tokens: total((each) => each.output) };
  }

  #acceptAll({ generation, tokens, guessed }: Draft, { sampled, failure }: Verified): Confirmed {
    const confirmed = Math.min(sampled.length - 1, guessed);
    let output = 0;
    generation.countDraft(guessed);
    for (const token of sampled) {
      // One by one: what would have followed the end was no help.
      if (output++ < confirmed) generation.countConfirmed();
      // One that must go on with something else than the guess drops the rest of it.
      if (this.#parts.sink.accept(generation, { token, failure }) || !generation.isSpeculable) break;
    }
    if (output <= tokens.length && this.#parts.sink.isRunning(generation)) this.#takeBack(generation);
    return { output, guessed: Math.min(output, confirmed) };
  }

  /** Its slot forgets the wrong end of a guess; where it cannot forget a part, it has forgotten everything. */
  #takeBack(generation: ActiveGeneration): void {
    this.#try([generation], () => {
      if (this.#parts.engine.trim(generation.slot, generation.cachedLength)) return;
      // Every wrong guess would cost the whole sequence.
      this.#parts.speculation?.giveUp(new Error('the model cannot forget a part of a slot'));
      generation.reread();
      this.#parts.order.add(generation);
    });
  }

  #recordDecode(sequences: number, tokens: number, { forwardMs, sampleMs }: { forwardMs: number; sampleMs: number }): number {
    this.#budget.recordDecode(forwardMs + sampleMs);
    this.#parts.observer.onStep({ kind: 'decode', sequences, tokens, forwardMs, sampleMs });
    return forwardMs + sampleMs;
  }

  /** Runs one step and, while it runs, sends what the last one produced. A failed step fails only the generations in it. */
  async #attempt<Result>(generations: readonly ActiveGeneration[], step: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const running = step();
      this.#parts.sink.flush();
      const result = await running;
      this.#failedSteps = 0;
      this.#parts.placement.stepped();
      return this.#parts.sink.isAbandoned() ? undefined : result;
    } catch (error) {
      const fault = engineFault(error);
      for (const generation of generations) this.#parts.sink.fail(generation, fault);
      if (++this.#failedSteps === FAILED_STEPS_MAX) this.#parts.onBroken(error);
      return undefined;
    }
  }
}

function sampledAt({ tokens, logprobs, failures }: StepResult, i: number): Sampled {
  return { token: tokens[i], logprobs: logprobs?.[i], failure: failures?.[i] };
}
