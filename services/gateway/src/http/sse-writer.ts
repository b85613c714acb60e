import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Exchange } from './exchange.ts';
import { writeHead } from './response-head.ts';

export type SseTimings = {
  /** A stream says something at least this often: load balancers and SDKs give up on silent ones after a minute or more. */
  readonly keepAliveMs: number;
  /** How long a reader may take nothing before the stream is ended. */
  readonly stallMs: number;
};

export const SSE_TIMINGS: SseTimings = { keepAliveMs: 15_000, stallMs: 60_000 };

type SseWriterOptions = {
  readonly res: ServerResponse;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly timings: SseTimings;
  readonly contentType: string;
  /** The reader caught up after `write` returned false. */
  readonly onDrain: () => void;
  /** The reader took nothing for `stallMs`; the connection is destroyed right after this. */
  readonly onStall: () => void;
};

/** One response as a stream of server-sent events: its head, its pace, its end. */
export class SseWriter {
  readonly #options: SseWriterOptions;
  #keepAlive: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;
  #hasWritten = false;
  #isBlocked = false;
  #isClosed = false;

  constructor(options: SseWriterOptions) {
    this.#options = options;
    const { res } = options;
    res.on('drain', () => this.#unblock());
    res.on('close', () => this.#stop());
  }

  get isOpen(): boolean {
    return this.#options.res.headersSent;
  }

  /** True after a write that the socket could not take at once, until it has. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Sends the head with status 200, and these headers beside a stream's own. From here on, errors travel in the stream. */
  open(more: OutgoingHttpHeaders): void {
    if (this.#isClosed) return;
    const { res, exchange, clock, timings, contentType } = this.#options;
    const headers = { 'content-type': contentType, 'cache-control': 'no-cache, must-revalidate', 'x-accel-buffering': 'no', ...more };
    writeHead(res, exchange, { status: 200, headers, clock });
    this.#keepAlive = setInterval(() => this.#beat(), timings.keepAliveMs);
  }

  /** Writes whole events as one piece. */
  write(events: string): void {
    if (this.#isClosed) return;
    this.#hasWritten = true;
    if (!this.#options.res.write(events)) this.#block();
  }

  comment(text: string): void {
    this.write(`: ${text}\n\n`);
  }

  /** Writes the last events and ends the response; a reader that never takes them stalls like any other. */
  end(events: string): void {
    if (this.#isClosed) return;
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
    this.#block();
    this.#options.res.end(events);
  }

  #beat(): void {
    if (!this.#hasWritten && !this.#isBlocked) this.comment('keep-alive');
    this.#hasWritten = false;
  }

  #block(): void {
    this.#isBlocked = true;
    this.#stall ??= setTimeout(() => {
      this.#options.onStall();
      this.#options.res.destroy();
    }, this.#options.timings.stallMs);
  }

  #unblock(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
    this.#isBlocked = false;
    this.#options.onDrain();
  }

  #stop(): void {
    this.#isClosed = true;
    clearInterval(this.#keepAlive);
    clearTimeout(this.#stall);
  }
}
