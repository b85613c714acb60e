import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';

/** An API request once it has been checked: what to ask a worker, and how to answer the client. */
export type GenerationJob = {
  readonly model: string;
  readonly isStream: boolean;
  /** A stream ends with a chunk that holds the usage. */
  readonly includesUsage: boolean;
  readonly request: Required<Pick<GenerateRequest, 'prompt' | 'sampling' | 'stopping'>>;
};
