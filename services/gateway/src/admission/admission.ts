import type { OutgoingHttpHeaders } from 'node:http';
import type { Fault } from '@sluice/platform/fault';
import type { TokenUsage } from '../inference/token-usage.ts';
import type { AskedModel } from '../keys/asked-model.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Scope } from '../keys/scopes.ts';

/** Who asks, and where. */
export type Caller = {
  readonly requestId: string;
  readonly key: KeySnapshot;
  readonly clientIp: string;
  readonly endpoint: Scope;
};

/** What a request asks for, as far as limits care. */
export type AdmissionRequest = Caller & {
  readonly asked: AskedModel;
  /** Output tokens of one answer that the client allows; undefined means as many as the context holds. */
  readonly maxTokens: number | undefined;
  /** Answers that are generated, over all prompts. */
  readonly answers: number;
  readonly prompts: number;
  /** Tokens around one prompt at most; unset for what a chat template may write. */
  readonly markerTokensMax?: number;
  /** Of the request as it came: what its prompt may tokenise to. */
  readonly bodyBytes: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Told how many go first, while the request waits for a limit. */
  readonly onQueued: (position: number) => void;
};

/** The right to run one request. It must be settled exactly once, whatever became of the request. */
export type Permit = {
  /** Output tokens of one answer at most; undefined where only the model's context limits them. */
  readonly outputTokensMax: number | undefined;
  /** All prompts and answers together, where a quota limits them. */
  readonly totalTokensMax: number | undefined;
  /** One prompt and its answers, where the tier limits them. */
  readonly contextTokensMax: number | undefined;
  /** On the monotonic clock: how long the request may wait for a slot, counted from when it asked to be let in. */
  readonly queueDeadlineAtMs: number;
  /** How long the request waited for a limit; undefined when it did not. */
  readonly waitedMs: number | undefined;
  /** What the usage costs, in billionths of a US dollar. */
  costOf(usage: TokenUsage): number;
  /**
   * Gives back what was reserved and books what was used. `refundsRequest`: it failed through no fault of the client's.
   * Resolves when the client's next request finds its capacity free, so before all is booked where there is room. Never
   * rejects: accounting must not fail an answer.
   */
  settle(usage: TokenUsage, options: { readonly refundsRequest: boolean }): Promise<void>;
};

/** `key` is the one the decision was made by: newer than the caller's where that had changed. */
type Known = { readonly key: KeySnapshot; readonly headers: OutgoingHttpHeaders };
export type Admitted = Known & { readonly ok: true; readonly permit: Permit };
export type NotAdmitted = Known & { readonly ok: false; readonly fault: Fault };
export type Looked = Known & { readonly fault: Fault | undefined };

/** The one place where requests with a key are let in. A refusal is a value, and costs nothing. */
export type Admission = {
  admit(request: AdmissionRequest): Promise<Admitted | NotAdmitted>;
  /** Whether the key still works and may call the endpoint, and where its limits stand. Takes nothing. */
  look(caller: Caller): Promise<Looked>;
};
