import type { Fault } from '@sluice/platform/fault';

/** The generations that are running, so that a gateway that must stop can end them with a word. */
export class InFlight {
  readonly #controllers = new Set<AbortController>();

  get size(): number {
    return this.#controllers.size;
  }

  /** Counts a generation in until the returned function is called. */
  enter(controller: AbortController): () => void {
    this.#controllers.add(controller);
    return () => this.#controllers.delete(controller);
  }

  /** Ends every generation; its client gets the fault. */
  abortAll(fault: Fault): void {
    for (const controller of this.#controllers) controller.abort(fault);
  }
}
