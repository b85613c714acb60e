import type { Fault } from '@sluice/platform/fault';
import type { FinishReason, GenerationEvent, GenerationRequest, Outcome, Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';
import { BestOf } from './best-of.ts';
import { sharedAllowance } from './shared-allowance.ts';

export type ChoicesOptions = {
  /** How many are generated. */
  readonly generated: number;
  /** How many of them are answered: the likeliest. */
  readonly answered: number;
  /** The best of several are found by log probabilities, which go no further where nobody asked for them. */
  readonly hasLogprobs: boolean;
  /** A request for the answer of that index, but for its outlet. Each needs a text and a seed of its own. */
  readonly requestAt: (index: number) => Omit<GenerationRequest, 'outlet'>;
  readonly outlet: Outlet;
  readonly submit: (request: GenerationRequest) => GenerationHandle;
};

type Choice = { readonly handle: GenerationHandle; outcome: Outcome | undefined };

/**
 * Several answers to one prompt as one request: its prompt is read once, its bound on tokens holds for all together, it
 * ends once. Throws what the scheduler throws when it cannot take all of them; then it has taken none.
 */
export function submitChoices(options: ChoicesOptions): GenerationHandle {
  return new Choices(options);
}

class Choices implements GenerationHandle {
  readonly #options: ChoicesOptions;
  readonly #outlet: Outlet;
  readonly #choices: Choice[] = [];
  #hasStarted = false;
  #fault: Fault | undefined;
  #reason: FinishReason = 'CANCELLED';
  #stopMatch = '';

  constructor(options: ChoicesOptions) {
    this.#options = options;
    const { answered, generated, outlet } = options;
    this.#outlet = generated > answered ? new BestOf({ answered, outlet, hasLogprobs: options.hasLogprobs }) : outlet;
    const first = options.requestAt(0);
    const { totalTokensMax, prompt } = first;
    const allowance = totalTokensMax === undefined ? undefined : sharedAllowance(totalTokensMax - prompt.length);
    try {
      for (let index = 0; index < generated; index++) {
        const request = index === 0 ? first : options.requestAt(index);
        const handle = options.submit({ ...request, ...(allowance && { allowance }), outlet: this.#outletAt(index) });
        this.#choices.push({ handle, outcome: undefined });
      }
    } catch (error) {
      // Nobody hears of those that were taken already.
      this.#outlet = SILENT;
      this.cancel();
      throw error;
    }
  }

  cancel(): void {
    for (const { handle } of this.#choices) handle.cancel();
  }

  #outletAt(index: number): Outlet {
    return { emit: (event) => this.#hear(index, event), flush: (step) => this.#outlet.flush(step) };
  }

  #hear(index: number, event: GenerationEvent): void {
    switch (event.kind) {
      case 'queued':
        if (index === 0) this.#outlet.emit(event);
        return;
      case 'started':
        if (!this.#hasStarted) this.#outlet.emit(event);
        this.#hasStarted = true;
        return;
      case 'delta':
        this.#outlet.emit({ ...event, index });
        return;
      case 'choiceEnd':
        return;
      case 'finished':
        this.#reason = event.reason;
        this.#stopMatch = event.stopMatch;
        this.#outlet.emit({ kind: 'choiceEnd', index, reason: event.reason, stopMatch: event.stopMatch });
        this.#end(index, event);
        return;
      case 'failed':
        this.#fault ??= event.fault;
        this.cancel();
        this.#end(index, event);
        return;
      default:
        event satisfies never;
    }
  }

  #end(index: number, outcome: Outcome): void {
    const choice = this.#choices[index];
    if (choice) choice.outcome = outcome;
    const outcomes = this.#choices.flatMap((each) => each.outcome ?? []);
    if (outcomes.length < this.#options.generated) return;
    const total = sum(outcomes);
    this.#outlet.emit(
      this.#fault
        ? { kind: 'failed', fault: this.#fault, ...total }
        : { kind: 'finished', reason: this.#reason, stopMatch: this.#stopMatch, ...total },
    );
  }
}

const SILENT: Outlet = { emit() {}, flush() {} };

/** The prompt counts once, the answers each. */
function sum(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes;
  if (!first) throw new Error('no outcomes');
  const total = (read: (outcome: Outcome) => number | undefined): number =>
    outcomes.reduce((subtotal, outcome) => subtotal + (read(outcome) ?? 0), 0);
  return {
    ...first,
    usage: {
      // The others found the prompt where the first had put it.
      promptTokens: first.usage.promptTokens,
      cachedTokens: first.usage.cachedTokens,
      completionTokens: total(({ usage }) => usage.completionTokens),
      reasoningTokens: total(({ usage }) => usage.reasoningTokens),
      draftTokens: total(({ usage }) => usage.draftTokens),
      acceptedDraftTokens: total(({ usage }) => usage.acceptedDraftTokens),
    },
    timings: { ...first.timings, decodeMs: Math.max(...outcomes.map(({ timings }) => timings.decodeMs)) },
  };
}
