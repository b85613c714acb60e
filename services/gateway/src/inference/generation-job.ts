import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';

/** An API request once it has been checked: what to ask a worker, and how to answer the client. */
export type GenerationJob = {
  /** As the client named it; it may be an adapter's full name. */
  readonly model: string;
  /** An adapter named in a field of its own; empty for none. */
  readonly adapter: string;
  readonly isStream: boolean;
  /** A stream ends with a chunk that holds the usage. */
  readonly includesUsage: boolean;
  readonly request: Required<Pick<GenerateRequest, 'prompt' | 'sampling' | 'stopping'>>;
};
