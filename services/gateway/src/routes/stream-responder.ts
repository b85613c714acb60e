import type { ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Fault } from '@sluice/platform/fault';
import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import type { Exchange } from '../http/exchange.ts';
import { sendFault } from '../http/send-fault.ts';
import { SseWriter, type SseTimings } from '../http/sse-writer.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import type { StopReason } from '../inference/stop-reason.ts';
import { DONE, profileHeader, type AnswerEnd, type AnswerFormat } from './answer-format.ts';
import { Backlog } from './backlog.ts';
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
  /** How many choices there will be. */
  readonly choices: number;
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
  /** What came while the reader was behind. */
  readonly #backlog: Backlog;
  /** Choices whose last event was sent. */
  readonly #ended = new Set<number>();
  #lastEnd: { readonly index: number; readonly reason: StopReason } | undefined;
  #hasOpened = false;
  #queuedFromMs: number | undefined;
  #profile = '';

  constructor(options: StreamResponderOptions) {
    this.#options = options;
    const { res, exchange, clock, format, timings, abort } = options;
    this.#backlog = new Backlog(format);
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
    const { exchange, clock } = this.#options;
    // Once a worker has it, the wait is the worker's.
    if (exchange.workerFromMs === undefined) this.#queuedFromMs ??= clock.monotonicMs();
    if (this.#writer.isOpen) this.#writer.comment(news);
    // A short wait still leaves the status open.
    else if (this.#news === undefined) this.#openIn(this.#options.timings.queuedHeadAfterMs);
    this.#news = news;
  }

  /** What is sent again to another worker may find another profile there; the last one counts. */
  started(profile: string): void {
    this.#profile = profile;
  }

  delta(text: string, index: number): void {
    if (text === '') return;
    if (this.#writer.isBlocked) this.#backlog.addText(text, index);
    else this.#outbox += this.#opening() + this.#options.format.delta(text, index);
  }

  detailed(text: string, index: number, details: DeltaDetails__Output): void {
    this.#send(this.#options.format.detailed(text, index, details), index);
  }

  /** The last choice's end is the stream's, and told with all that is known then. */
  choiceEnd(index: number, reason: StopReason): void {
    if (this.#ended.size + 1 === this.#options.choices) {
      this.#lastEnd = { index, reason };
      return;
    }
    this.#ended.add(index);
    this.#send(this.#options.format.choiceEnd(index, reason), index);
  }

  flush(): void {
    if (this.#outbox === '') return;
    this.#writer.write(this.#takeOutbox());
  }

  end({ end, usage }: GenerationResult): void {
    clearTimeout(this.#headTimer);
    const { res, exchange, format } = this.#options;
    if (end.kind === 'cancelled' || end.kind === 'answered') res.destroy();
    else if (end.kind === 'finished')
      this.#writer.end(this.#rest() + format.closing({ ends: this.#endsLeft(end.reason), usage, profile: end.profile }) + DONE);
    else if (this.#writer.isOpen) this.#endWith(end.fault);
    else sendFault(res, exchange, { fault: end.fault, clock: this.#options.clock });
  }

  #endsLeft(reason: StopReason): AnswerEnd['ends'] {
    const indices = Array.from({ length: this.#options.choices }, (_, index) => index);
    const left = indices.filter((index) => !this.#ended.has(index));
    return left.map((index) => (this.#lastEnd?.index === index ? this.#lastEnd : { index, reason }));
  }

  #openIn(ms: number): void {
    clearTimeout(this.#headTimer);
    this.#headTimer = setTimeout(() => {
      const { exchange, clock } = this.#options;
      // A head that leaves while the request waits does not count that as the gateway's own time.
      if (this.#queuedFromMs !== undefined) exchange.waitMs ??= clock.monotonicMs() - this.#queuedFromMs;
      this.#open();
      this.#writer.comment(this.#news ?? 'keep-alive');
    }, ms);
  }

  #open(): void {
    this.#writer.open(profileHeader(this.#profile));
  }

  #endWith(fault: Fault): void {
    this.#options.exchange.fault = fault;
    this.#writer.end(this.#rest() + this.#options.format.failure(fault) + DONE);
  }

  #send(event: string, index: number): void {
    if (event === '') return;
    if (this.#writer.isBlocked) this.#backlog.addEvent(event, index);
    else this.#outbox += this.#opening() + event;
  }

  #catchUp(): void {
    const events = this.#backlog.take();
    if (events !== '') this.#writer.write(events);
  }

  /** Everything that has come and is not written yet. */
  #rest(): string {
    const backlog = this.#backlog.take();
    return this.#takeOutbox() + backlog;
  }

  #takeOutbox(): string {
    if (!this.#writer.isOpen) {
      clearTimeout(this.#headTimer);
      this.#open();
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
