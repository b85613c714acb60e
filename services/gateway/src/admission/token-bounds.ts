import type { KeySnapshot } from '../keys/key-snapshot.ts';

/** What a request may take in tokens, as far as that is known before its prompt is tokenised. */
export type TokenBounds = {
  /** A guess, from the size of the body. */
  readonly promptGuess: number;
  /** Nothing tokenises to more. */
  readonly promptMax: number;
  /** Output tokens the request may ask for, of all answers together. */
  readonly output: number;
  /** Output tokens a minute's bucket is charged in advance. */
  readonly outputGuess: number;
};

/** English text has about this many bytes a token; a JSON body holds a little more than its text. */
const BYTES_PER_TOKEN = 4;
/** What a chat template writes around the messages, a default system prompt included. */
const TEMPLATE_TOKENS_MAX = 256;
/** A client that sets no limit rarely means the whole context. What it takes beyond this is charged when it is known. */
const OUTPUT_TOKENS_GUESS = 1_024;
/** Before any worker has said how much its model holds. */
const CONTEXT_TOKENS_GUESS = 4_096;

/** `contextTokens` is the model's; 0 where that is not known. Every token stands for at least one byte of the body, which is UTF-8 text with JSON around it. */
export function toTokenBounds(request: {
  readonly key: KeySnapshot;
  readonly bodyBytes: number;
  readonly maxTokens: number | undefined;
  readonly answers: number;
  readonly prompts: number;
  readonly markerTokensMax?: number | undefined;
  readonly contextTokens: number;
}): TokenBounds {
  const { answers, prompts, markerTokensMax = TEMPLATE_TOKENS_MAX } = request;
  const { policy } = request.key;
  const context = Math.min(request.contextTokens || CONTEXT_TOKENS_GUESS, policy.contextTokensMax ?? Infinity);
  const output = answers * Math.max(1, Math.min(request.maxTokens ?? Infinity, policy.outputTokensMax ?? Infinity, context - 1));
  return {
    promptGuess: Math.max(1, Math.ceil(request.bodyBytes / BYTES_PER_TOKEN)),
    promptMax: Math.min(request.bodyBytes + prompts * markerTokensMax, prompts * Math.max(context, 1)),
    output,
    outputGuess: request.maxTokens === undefined ? Math.min(output, answers * OUTPUT_TOKENS_GUESS) : output,
  };
}
