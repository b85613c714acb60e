import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Fault } from '@sluice/platform/fault';
import type { Exchange } from '../http/exchange.ts';
import { RECORD_KEPT_MS, type ClaimState, type IdempotencyStore, type RecordRef } from './idempotency-store.ts';
import { recordAnswer } from './record-answer.ts';
import { badHeader, conflict, inProgress, notKept, unavailable } from './refusals.ts';
import { openAnswer, sealAnswer, type StoredAnswer } from './stored-answer.ts';

/** A request as it came, with the response that it will get. */
type IdempotentCall = {
  /** The value of its Idempotency-Key header. */
  readonly header: string | string[] | undefined;
  readonly method: string;
  readonly path: string;
  readonly rawBody: Buffer;
  /** Whose key it is: nobody of another name gets the answer, or in the way. */
  readonly scope: string;
  readonly work: Work;
  readonly res: ServerResponse;
  readonly exchange: Exchange;
};

/** `generation`: it ends when its client leaves. `change`: it is carried out all the same, and its answer may hold a secret. */
type Work = 'generation' | 'change';

export type Claim =
  /** Serve it. When it came with a key, its answer is being recorded, and whatever becomes of it, the key is taken care of. */
  | { readonly kind: 'serve' }
  /** It was served before; this is what it was answered. */
  | { readonly kind: 'replay'; readonly answer: StoredAnswer }
  | { readonly kind: 'refused'; readonly fault: Fault };

export const IDEMPOTENCY_OUTCOMES = ['claimed', 'replayed', 'conflict', 'in_progress', 'not_kept', 'unavailable'] as const;
export type IdempotencyOutcome = (typeof IDEMPOTENCY_OUTCOMES)[number];

export type Idempotency = {
  /** Decides by the request's Idempotency-Key; without one it costs nothing. Never rejects. */
  begin(call: IdempotentCall): Claim | Promise<Claim>;
};

type IdempotencyDeps = {
  readonly store: IdempotencyStore;
  readonly pepper: string;
  readonly onOutcome: (outcome: IdempotencyOutcome) => void;
  readonly answerBytesMax?: number;
  readonly renewMs?: number;
};

/** 1 to 255 printable ASCII characters. */
const HEADER_VALUE = /^[\x20-\x7e]{1,255}$/;
/** An answer of 100,000 tokens as a stream is larger; it is not kept. */
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Retries come within minutes, and a secret that is shown once should not lie about for a day. */
const ANSWER_KEPT_MS: Record<Work, number> = { generation: RECORD_KEPT_MS, change: 3_600_000 };
/** A third of the lease: two renewals may be lost. */
const RENEW_MS = 5_000;

const SERVE: Claim = { kind: 'serve' };

/** Lets a request with an Idempotency-Key be served once, and gives its answer again to whoever repeats it within a day. */
export function createIdempotency(deps: IdempotencyDeps): Idempotency {
  const { store, pepper, answerBytesMax = ANSWER_BYTES_MAX, renewMs = RENEW_MS } = deps;

  async function claim(call: IdempotentCall, idempotencyKey: string): Promise<Claim> {
    const ref = toRef(call, { idempotencyKey, pepper });
    const seal = { pepper, idempotencyKey, record: `${ref.scope}:${ref.id}:${ref.fingerprint}` };
    let state: ClaimState;
    try {
      state = await store.claim(ref);
    } catch (error) {
      // It may have been carried out all the same.
      store.release(ref).catch(() => {});
      deps.onOutcome('unavailable');
      return { kind: 'refused', fault: unavailable(error) };
    }
    deps.onOutcome(state.kind === 'done' ? 'replayed' : state.kind);
    if (state.kind === 'claimed') hold(call, ref, (answer) => sealAnswer(answer, seal));
    return toClaim(state, (bytes) => openAnswer(bytes, seal));
  }

  /** Keeps the claim while the request goes on, and ends it with the answer or without one. */
  function hold({ work, res, exchange }: IdempotentCall, ref: RecordRef, seal: (answer: StoredAnswer) => Buffer): void {
    let isOver = false;
    const renewal = setInterval(() => store.renew(ref).catch(() => {}), renewMs);
    const finish = async (end: () => Promise<unknown>): Promise<void> => {
      if (isOver) return;
      isOver = true;
      clearInterval(renewal);
      // The answer is given even if it cannot be kept; the lease frees the key then.
      await end().catch(() => {});
    };
    recordAnswer(res, {
      bytesMax: answerBytesMax,
      beforeEnd: ({ status, headers, body }) =>
        finish(async () => {
          if (mustNotRunAgain(exchange)) await store.complete(ref, undefined);
          else if (!isGood(status, exchange)) await store.release(ref);
          else await store.complete(ref, body && { answer: seal({ status, headers, body }), keptMs: ANSWER_KEPT_MS[work] });
        }),
    });
    // A client that left gets no answer, and may come back at once. A change goes on; whoever comes back wants to know of it.
    if (work === 'generation') res.on('close', () => finish(() => store.release(ref)));
  }

  return {
    begin: (call) => {
      const { header } = call;
      if (header === undefined) return SERVE;
      if (typeof header !== 'string' || !HEADER_VALUE.test(header)) return { kind: 'refused', fault: badHeader() };
      return claim(call, header);
    },
  };
}

function isGood(status: number, { fault }: Exchange): boolean {
  return status >= 200 && status < 300 && !fault;
}

/** It failed, and may have been carried out. */
function mustNotRunAgain({ fault }: Exchange): boolean {
  return fault?.code === 'CHANGE_UNCERTAIN';
}

/** Hashed under the pepper: neither the key nor the body can be guessed and checked by whoever reads the store. */
function toRef({ method, path, rawBody, scope, exchange }: IdempotentCall, keys: { idempotencyKey: string; pepper: string }): RecordRef {
  const { idempotencyKey, pepper } = keys;
  return {
    scope,
    id: createHmac('sha256', pepper).update(`idempotency-key\n${scope}\n${idempotencyKey}`).digest('base64url'),
    fingerprint: createHmac('sha256', pepper).update(`idempotent-request\n${method} ${path}\n`).update(rawBody).digest('base64url'),
    owner: exchange.requestId,
  };
}

function toClaim(state: ClaimState, open: (bytes: Buffer) => StoredAnswer): Claim {
  switch (state.kind) {
    case 'claimed':
      return SERVE;
    case 'done':
      return replay(() => open(state.answer));
    case 'conflict':
      return { kind: 'refused', fault: conflict() };
    case 'in_progress':
      return { kind: 'refused', fault: inProgress() };
    case 'not_kept':
      return { kind: 'refused', fault: notKept() };
  }
  return state satisfies never;
}

function replay(open: () => StoredAnswer): Claim {
  try {
    return { kind: 'replay', answer: open() };
  } catch (error) {
    return { kind: 'refused', fault: notKept(error) };
  }
}
