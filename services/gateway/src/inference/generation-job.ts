import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import type { Prompt } from '@sluice/proto/v1/Prompt';

/** What the client decides of what a worker is asked. */
type JobRequest = Required<Pick<GenerateRequest, 'prompt' | 'sampling' | 'stopping'>> &
  Pick<GenerateRequest, 'constraint' | 'n' | 'bestOf' | 'echo' | 'logprobs' | 'profile'>;

/** An API request once it has been checked: what to ask a worker, and how to answer the client. */
export type GenerationJob = {
  /** As the client named it; it may be an adapter's full name. */
  readonly model: string;
  /** An adapter named in a field of its own; empty for none. */
  readonly adapter: string;
  readonly isStream: boolean;
  /** A stream ends with a chunk that holds the usage. */
  readonly includesUsage: boolean;
  readonly request: JobRequest;
  /** The parameter that the request's constraint came in. */
  readonly constraintParam?: string;
  /** After the first one, which stands in the request. Each is a generation of its own. */
  readonly morePrompts?: readonly Prompt[];
};

/** How many answers a job has, and how many are generated for them, each over all prompts. */
export function countAnswers({ request, morePrompts = [] }: GenerationJob): {
  readonly prompts: number;
  readonly perPrompt: number;
  readonly answered: number;
  readonly generated: number;
} {
  const prompts = 1 + morePrompts.length;
  const perPrompt = request.n ?? 1;
  return { prompts, perPrompt, answered: prompts * perPrompt, generated: prompts * (request.bestOf ?? perPrompt) };
}
