import type { CallLimits } from '@sluice/proto/runtime-client';
import type { Task } from '../routing/task.ts';
import type { WorkerCalls } from './ask-worker.ts';

/** An API request that is answered in one piece, once it has been checked: what to ask a worker, and what the client gets of it. */
export type AnswerJob = {
  readonly model: string;
  readonly adapter: string;
  readonly isStream: false;
  readonly task: Task;
  /** Texts that are read, each by itself. */
  readonly prompts: number;
  /** Tokens around one of them at most; unset for what a template may write. */
  readonly markerTokensMax?: number;
  /** Of what is read, where that is more than the body: a query is read with every document. */
  readonly promptBytes?: number;
  /** Rejects with a Fault. May be called again, with another worker. */
  readonly ask: (worker: WorkerCalls, grant: Grant) => Promise<Answer>;
};

/** What a request may take, and how long. */
type Grant = {
  readonly requestId: string;
  readonly model: string;
  /** All texts together at most. */
  readonly totalTokensMax: number | undefined;
  /** One of them at most. */
  readonly inputTokensMax: number | undefined;
  readonly limits: CallLimits;
};

export type Answer = {
  readonly promptTokens: number;
  /** A large one is written with pauses, in which others get their turn. */
  readonly toJson: () => Promise<string> | string;
};
