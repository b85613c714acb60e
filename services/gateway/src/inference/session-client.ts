import type { ServiceError } from '@grpc/grpc-js';
import { isFaultCode } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import { fromGrpcError } from '@sluice/proto/fault-status';
import type { RuntimeClient, SessionCall } from '@sluice/proto/runtime-client';
import type { Failure__Output } from '@sluice/proto/v1/Failure';
import type { GenerateEvent__Output } from '@sluice/proto/v1/GenerateEvent';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import type { ServerFrame__Output } from '@sluice/proto/v1/ServerFrame';
import type { GenerationEvents } from './generation-events.ts';

/** One request inside a session. */
export type SessionRequest = {
  /** Asks the worker to stop, in this very tick. The worker answers with `finished`, reason CANCELLED. */
  cancel(): void;
  /** Stops listening; whatever still comes for this request is dropped. */
  forget(): void;
};

/** Beyond that, starts leave at once: together with one more, at its largest, they stay well below what a message may hold. */
const STARTS_BYTES_MAX = 1024 * 1024;

/**
 * Emptied when it is forgotten. A Map that grows leaves its former table behind, with what it held, and each table leads to
 * the next: what was once in a table of the old generation would keep every request after it until the next full collection.
 */
type Listener = { events: GenerationEvents | undefined };

/** All requests of this gateway to one worker, over one long-lived stream that is opened when it is needed. */
export class SessionClient {
  readonly #client: Pick<RuntimeClient, 'address' | 'openSession'>;
  readonly #listeners = new Map<number, Listener>();
  #call: SessionCall | undefined;
  // Never reset: an event of a lost stream cannot be taken for one of its successor's.
  #lastRid = 0;
  #starts: GenerateRequest[] = [];
  #startsBytes = 0;

  constructor(client: Pick<RuntimeClient, 'address' | 'openSession'>) {
    this.#client = client;
  }

  /** `bytes`: what the request takes on the wire, roughly. Those that start in one tick leave in one frame. */
  start(request: Omit<GenerateRequest, 'rid'>, bytes: number, events: GenerationEvents): SessionRequest {
    const rid = ++this.#lastRid;
    this.#listeners.set(rid, { events });
    if (this.#starts.length === 0) process.nextTick(() => this.#sendStarts());
    this.#starts.push({ ...request, rid });
    this.#startsBytes += bytes;
    if (this.#startsBytes > STARTS_BYTES_MAX) this.#sendStarts();
    return {
      cancel: () => {
        if (!this.#listeners.has(rid)) return;
        this.#sendStarts();
        this.#call?.write({ cancels: [{ rid }] });
      },
      forget: () => this.#forget(rid),
    };
  }

  close(): void {
    this.#call?.cancel();
  }

  /** gRPC buffers what the worker does not take at once; admission bounds how much that can be. */
  #sendStarts(): void {
    const starts = this.#starts;
    if (starts.length === 0) return;
    this.#starts = [];
    this.#startsBytes = 0;
    this.#call ??= this.#open();
    this.#call.write({ starts });
  }

  #open(): SessionCall {
    const call = this.#client.openSession();
    call.on('data', (frame: ServerFrame__Output) => this.#dispatch(frame));
    // grpc-js rejects a call with nothing but a ServiceError; its typings only say Error.
    call.on('error', (error) => this.#lose(call, fromGrpcError(error as ServiceError)));
    call.on('end', () => this.#lose(call, undefined));
    return call;
  }

  #dispatch({ events }: ServerFrame__Output): void {
    let unflushed: GenerationEvents | undefined;
    for (const event of events) {
      const listener = this.#listeners.get(event.rid)?.events;
      if (unflushed && listener !== unflushed) unflushed.flush();
      unflushed = listener && this.#deliver(event, listener) ? listener : undefined;
    }
    unflushed?.flush();
  }

  /** True when the listener holds something that is to be flushed. */
  #deliver(event: GenerateEvent__Output, listener: GenerationEvents): boolean {
    if (event.delta) {
      const { text, index, tokenIds, details } = event.delta;
      if (details) listener.detailed({ text, index, tokens: tokenIds.length, details });
      else listener.delta(text, index, tokenIds.length);
      return true;
    }
    if (event.choiceEnd) {
      listener.choiceEnd(event.choiceEnd.index, event.choiceEnd.reason);
      return true;
    }
    if (event.started) {
      listener.started(event.started.promptTokens, event.started.profile);
    } else if (event.queued) {
      listener.queued(event.queued.position);
    } else if (event.finished) {
      this.#forget(event.rid);
      listener.finished(event.finished);
    } else if (event.failure) {
      this.#forget(event.rid);
      listener.failed(toFault(event.failure), event.failure.usage ?? undefined);
    }
    return false;
  }

  #forget(rid: number): void {
    const listener = this.#listeners.get(rid);
    if (!listener) return;
    listener.events = undefined;
    this.#listeners.delete(rid);
  }

  #lose(call: SessionCall, cause: Fault | undefined): void {
    if (call !== this.#call) return;
    this.#call = undefined;
    const orphans = [...this.#listeners.values()].map(({ events }) => events);
    this.#listeners.clear();
    this.#starts = [];
    this.#startsBytes = 0;
    const fault = new Fault('UPSTREAM_DISCONNECTED', {
      message: 'The connection to the inference worker was lost.',
      internal: `session with ${this.#client.address}: ${cause?.internal ?? cause?.message ?? 'ended by the worker'}`,
      cause,
    });
    for (const orphan of orphans) orphan?.failed(fault, undefined);
  }
}

function toFault({ code, message, param }: Failure__Output): Fault {
  if (isFaultCode(code)) return new Fault(code, { message, param: param === '' ? undefined : param });
  return new Fault('INTERNAL', { message: 'The inference worker failed.', internal: `unknown fault code ${code}: ${message}` });
}
