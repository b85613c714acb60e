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
import { profileOf, queueTimeoutMsOf, readPrompt, toGeneration, type WorkerExtras } from './to-generation.ts';
import { namingProfile } from './to-profile.ts';

export type StartGeneration = (request: GenerateRequest__Output, outlet: Outlet) => GenerationHandle;

export type StartOptions = WorkerExtras & {
  readonly models: Pick<ModelRegistry, 'awake' | 'find'>;
  readonly grammars: GrammarCache;
};

/**
 * Hands a wire request to the model it names, which may have to wake first: requests for it then wait in order. Throws a
 * Fault when there is no such model, or not yet, or it refuses. What needs no waiting is submitted at once.
 */
export function createStartGeneration({ models, grammars, ...extras }: StartOptions): StartGeneration {
  return (request, outlet) => {
    const timeoutMs = queueTimeoutMsOf(request);
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
        const context = { model, read, grammar, answers, ...extras };
        const requestAt = (index: number) => ({ ...toGeneration(request, { ...context, index }), adapter });
        if (answers.generated === 1) return scheduler.submit({ ...requestAt(0), outlet: named });
        const hasLogprobs = request.logprobs !== undefined;
        return submitChoices({ ...answers, hasLogprobs, requestAt, outlet: named, submit: (each) => scheduler.submit(each) });
      };
      const grammar = source && grammars.get(model.engine, source);
      if (!(grammar instanceof Promise)) return run(grammar);
      // The model does not fall asleep while the grammar is made.
      const leave = models.find(request.model).enter();
      return startLater({ until: grammar, timeoutMs, outlet, onOver: leave, submit: (made) => leaving(leave, () => run(made)) });
    };
    const ready = models.awake(request.model);
    if (request.adapter !== '') {
      const over = new AbortController();
      const until = prepare(request, { models, ready, signal: over.signal });
      return startLater({ until, timeoutMs, outlet, submit, drop: ({ release }) => release(), onOver: () => over.abort() });
    }
    return ready instanceof Promise ? startLater({ until: ready.then(prepared), timeoutMs, outlet, submit }) : submit(prepared(ready));
  };
}

function leaving<Result>(leave: () => void, work: () => Result): Result {
  try {
    return work();
  } finally {
    leave();
  }
}
