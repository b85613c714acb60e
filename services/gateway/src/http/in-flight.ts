import type { Fault } from '@sluice/platform/fault';

/** Emptied when it has left; see the listeners of inference/session-client.ts. */
type Running = { controller: AbortController | undefined };

/** The generations that are running, so that a gateway that must stop can end them with a word. */
export class InFlight {
  readonly #running = new Set<Running>();

  get size(): number {
    return this.#running.size;
  }

  /** Counts a generation in until the returned function is called. */
  enter(controller: AbortController): () => void {
    const running: Running = { controller };
    this.#running.add(running);
    return () => {
      running.controller = undefined;
      this.#running.delete(running);
    };
  }

  /** Ends every generation; its client gets the fault. */
  abortAll(fault: Fault): void {
    for (const { controller } of this.#running) controller?.abort(fault);
  }
}
