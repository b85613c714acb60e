import type { GenerateEvent } from '@sluice/proto/v1/GenerateEvent';
import type { ServerFrame } from '@sluice/proto/v1/ServerFrame';

/** The writing side of a session stream. */
export type FrameStream = {
  write(frame: ServerFrame): boolean;
  once(event: 'drain', listener: () => void): unknown;
};

/** A reader that is this far behind is not coming back: 10,000 events are minutes of a full batch. */
const PENDING_EVENTS_MAX = 10_000;

/** Collects a step's events into one frame. While the reader is slow, frames grow instead of piling up; past the bound it gives up. */
export class FrameWriter {
  readonly #stream: FrameStream;
  readonly #onOverflow: () => void;
  #pending: GenerateEvent[] = [];
  #step = 0;
  #isBlocked = false;
  #isClosed = false;

  constructor(stream: FrameStream, onOverflow: () => void) {
    this.#stream = stream;
    this.#onOverflow = onOverflow;
  }

  add(event: GenerateEvent): void {
    if (this.#isClosed) return;
    if (this.#pending.length >= PENDING_EVENTS_MAX) {
      this.close();
      this.#onOverflow();
      return;
    }
    this.#pending.push(event);
  }

  /** Sends what was added, unless the stream is still busy with earlier frames. */
  flush(step: number): void {
    this.#step = step;
    if (this.#isBlocked || this.#isClosed || this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    if (this.#stream.write({ step, events })) return;
    this.#isBlocked = true;
    this.#stream.once('drain', () => {
      this.#isBlocked = false;
      this.flush(this.#step);
    });
  }

  /** Drops what is pending; later calls do nothing. */
  close(): void {
    this.#isClosed = true;
    this.#pending = [];
  }
}
