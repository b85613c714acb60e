import type { FinishReason, Outcome } from './generation.ts';

export type StepRecord = {
  /** `vector`: an input that is embedded or ranked. */
  readonly kind: 'decode' | 'prefill' | 'vector';
  readonly sequences: number;
  /** Tokens read by the model in this step. */
  readonly tokens: number;
  readonly forwardMs: number;
  readonly sampleMs: number;
};

/** Watches the scheduler, for metrics. Called on the step loop: must be quick and must not throw. */
export type SchedulerObserver = {
  onStep(step: StepRecord): void;
  /** Tokens that were guessed ahead in a step, and how many of them were right. */
  onDrafts(drafts: { readonly tokens: number; readonly accepted: number }): void;
  /** A generation gave its slot to a more urgent request. */
  onPreempt(): void;
  onEnd(end: { readonly outcome: FinishReason | 'FAILED' | 'REFUSED'; readonly result: Outcome | undefined }): void;
};

export const noObserver: SchedulerObserver = { onStep() {}, onDrafts() {}, onPreempt() {}, onEnd() {} };
