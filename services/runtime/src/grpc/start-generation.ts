import type { Clock } from '@sluice/platform/clock';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import { submitChoices } from '../choices/submit-choices.ts';
import type { GrammarCache } from '../constraint/grammar-cache.ts';
import type { Grammar } from '../engine/engine.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';
import { startLater } from './late-start.ts';
import { prepare, prepared, releasing, type Prepared } from './prepare.ts';
import { onlyConstraint, toConstraint } from './to-constraint.ts';
import { toAnswers } from './to-answers.ts';
import { profileOf, readPrompt, toGeneration, type WorkerExtras } from './to-generation.ts';
import { namingProfile } from './to-profile.ts';

/** How long a request waits for a slot when it does not say. */
const QUEUE_TIMEOUT_DEFAULT_MS = 120_000;

export type StartGeneration = (request: GenerateRequest__Output, outlet: Outlet) => GenerationHandle;

export type StartOptions = WorkerExtras & {
  readonly models: Pick<ModelRegistry, 'awake' | 'find'>;
  readonly grammars: GrammarCache;
  readonly clock: Clock;
};

/**
 * Hands a wire request to the model it names, which may have to wake first: requests for it then wait in order. Throws a
 * Fault when there is no such model, or not yet, or it refuses. What needs no waiting is submitted at once.
 */
export function createStartGeneration({ models, grammars, clock, ...extras }: StartOptions): StartGeneration {
  return (request, outlet) => {
    // One deadline for all that it waits for: its model, its adapter, its grammar, then a slot.
    const deadlineMs = clock.monotonicMs() + (request.queueTimeoutMs || QUEUE_TIMEOUT_DEFAULT_MS);
    const leftMs = (): number => Math.max(1, deadlineMs - clock.monotonicMs());
    const submit = (ready: Prepared): GenerationHandle => {
      try {
        return constrained(ready, releasing(outlet, ready.release));
      } catch (error) {
        ready.release();
        throw error;
      }
    };
    const constrained = ({ generating: { model, scheduler }, adapter }: Prepared, outlet: Outlet): GenerationHandle => {
      const read = readPrompt(request, model);
      const constraint = toConstraint(request.constraint);
      const source = read.turn ? read.turn.output(constraint) : onlyConstraint(constraint);
      const answers = toAnswers(request);
      const named = namingProfile(outlet, profileOf(request, { model, read }));
      const run = (grammar: Grammar | undefined): GenerationHandle => {
        const context = { model, read, grammar, source, answers, queueTimeoutMs: leftMs(), ...extras };
        const requestAt = (index: number) => ({ ...toGeneration(request, { ...context, index }), adapter });
        if (answers.generated === 1) return scheduler.submit({ ...requestAt(0), outlet: named });
        const hasLogprobs = request.logprobs !== undefined;
        return submitChoices({ ...answers, hasLogprobs, requestAt, outlet: named, submit: (each) => scheduler.submit(each) });
      };
      const grammar = source && grammars.get(model.engine, source);
      if (!(grammar instanceof Promise)) return run(grammar);
      // The model does not fall asleep while the grammar is made.
      const leave = models.find(request.model).enter();
      return startLater({ until: grammar, timeoutMs: leftMs(), outlet, onOver: leave, submit: (made) => leaving(leave, () => run(made)) });
    };
    const ready = models.awake(request.model);
    if (request.adapter !== '') {
      const over = new AbortController();
      const until = prepare(request, { models, ready, signal: over.signal });
      return startLater({ until, timeoutMs: leftMs(), outlet, submit, drop: ({ release }) => release(), onOver: () => over.abort() });
    }
    return ready instanceof Promise
      ? startLater({ until: ready.then(prepared), timeoutMs: leftMs(), outlet, submit })
      : submit(prepared(ready));
  };
}

function leaving<Result>(leave: () => void, work: () => Result): Result {
  try {
    return work();
  } finally {
    leave();
  }
}
