import type { ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Fault } from '@sluice/platform/fault';
import type { Exchange } from '../http/exchange.ts';
import { sendFault } from '../http/send-fault.ts';
import { SseWriter, type SseTimings } from '../http/sse-writer.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import { DONE, type AnswerFormat } from './answer-format.ts';
import type { Responder } from './responder.ts';

export type StreamTimings = SseTimings & {
  /** The head waits for the first token, so that a failure before it keeps a real status; but clients and proxies do not wait for ever. */
  readonly headAfterMs: number;
  /** The same for a request that waits for a limit, and whose client wants to know its place. */
  readonly queuedHeadAfterMs: number;
};

type StreamResponderOptions = {
  readonly res: ServerResponse;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly format: AnswerFormat;
  readonly timings: StreamTimings;
  /** Stops the generation that nobody reads. */
  readonly abort: () => void;
};

/** Sends tokens as server-sent events, as fast as they come and no faster than they are read. */
export class StreamResponder implements Responder {
  readonly #options: StreamResponderOptions;
  readonly #writer: SseWriter;
  #headTimer: NodeJS.Timeout | undefined;
  /** What the first comment says. */
  #news: string | undefined;
  /** Events of this frame, written together. */
  #outbox = '';
  /** Text that came while the reader was behind. It becomes one event; the request's own output limit bounds it. */
  #backlog = '';
  #hasOpened = false;
  #queuedFromMs: number | undefined;

  constructor(options: StreamResponderOptions) {
    this.#options = options;
    const { res, exchange, clock, format, timings, abort } = options;
    this.#writer = new SseWriter({
      res,
      exchange,
      clock,
      timings,
      contentType: format.streamContentType,
      onDrain: () => this.#catchUp(),
      onStall: abort,
    });
    this.#openIn(timings.headAfterMs);
    res.on('close', () => clearTimeout(this.#headTimer));
  }

  queued(position: number): void {
    const news = `queued position=${position + 1}`;
    this.#queuedFromMs ??= this.#options.clock.monotonicMs();
    if (this.#writer.isOpen) this.#writer.comment(news);
    // A short wait still leaves the status open.
    else if (this.#news === undefined) this.#openIn(this.#options.timings.queuedHeadAfterMs);
    this.#news = news;
  }

  delta(text: string): void {
    if (text === '') return;
    if (this.#writer.isBlocked) this.#backlog += text;
    else this.#outbox += this.#opening() + this.#options.format.delta(text);
  }

  flush(): void {
    if (this.#outbox === '') return;
    this.#writer.write(this.#takeOutbox());
  }

  end({ end, usage }: GenerationResult): void {
    clearTimeout(this.#headTimer);
    const { res, exchange, format } = this.#options;
    if (end.kind === 'cancelled') res.destroy();
    else if (end.kind === 'finished') this.#writer.end(this.#rest() + format.closing({ reason: end.reason, usage }) + DONE);
    else if (this.#writer.isOpen) this.#endWith(end.fault);
    else sendFault(res, exchange, { fault: end.fault, clock: this.#options.clock });
  }

  #openIn(ms: number): void {
    clearTimeout(this.#headTimer);
    this.#headTimer = setTimeout(() => {
      const { exchange, clock } = this.#options;
      // A head that leaves while the request waits does not count that as the gateway's own time.
      if (this.#queuedFromMs !== undefined) exchange.waitMs ??= clock.monotonicMs() - this.#queuedFromMs;
      this.#writer.open();
      this.#writer.comment(this.#news ?? 'keep-alive');
    }, ms);
  }

  #endWith(fault: Fault): void {
    this.#options.exchange.fault = fault;
    this.#writer.end(this.#rest() + this.#options.format.failure(fault) + DONE);
  }

  #catchUp(): void {
    if (this.#backlog === '') return;
    const text = this.#backlog;
    this.#backlog = '';
    this.#writer.write(this.#options.format.delta(text));
  }

  /** Everything that has come and is not written yet. */
  #rest(): string {
    const backlog = this.#backlog === '' ? '' : this.#options.format.delta(this.#backlog);
    this.#backlog = '';
    return this.#takeOutbox() + backlog;
  }

  #takeOutbox(): string {
    if (!this.#writer.isOpen) {
      clearTimeout(this.#headTimer);
      this.#writer.open();
    }
    const events = this.#opening() + this.#outbox;
    this.#outbox = '';
    return events;
  }

  /** The opening events, the first time only. */
  #opening(): string {
    if (this.#hasOpened) return '';
    this.#hasOpened = true;
    return this.#options.format.opening();
  }
}
