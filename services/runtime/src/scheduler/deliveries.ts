import type { Fault } from '@sluice/platform/fault';
import type { FinishReason, GenerationEvent, GenerationRequest, Outcome, Outlet } from './generation.ts';
import type { SchedulerObserver } from './observer.ts';

/** How a request ends. */
export type End =
  | { readonly kind: 'finished'; readonly reason: FinishReason; readonly stopMatch: string }
  | { readonly kind: 'failed'; readonly fault: Fault };

/** Tells requests what becomes of them. What came up since the last flush is sent together. */
export class Deliveries {
  readonly #observer: SchedulerObserver;
  readonly #touched = new Set<Outlet>();

  constructor(observer: SchedulerObserver) {
    this.#observer = observer;
  }

  /** Something was emitted by the generation itself. */
  touch({ outlet }: GenerationRequest): void {
    this.#touched.add(outlet);
  }

  emit({ outlet }: GenerationRequest, event: GenerationEvent): void {
    this.#touched.add(outlet);
    outlet.emit(event);
  }

  /** The last that a request is told. */
  end(request: GenerationRequest, outcome: Outcome, end: End): void {
    this.#observer.onEnd({ outcome: end.kind === 'finished' ? end.reason : 'FAILED', result: outcome });
    this.emit(request, { ...end, ...outcome });
  }

  flush(step: number): void {
    for (const outlet of this.#touched) outlet.flush(step);
    this.#touched.clear();
  }
}
