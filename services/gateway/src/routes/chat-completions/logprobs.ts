import type { TokenLogprob__Output } from '@sluice/proto/v1/TokenLogprob';
import { escapeBytes, toFiniteLogprob, wholeText } from '../token-text.ts';

/** `choices[].logprobs` of a chat: each token with its likeliest alternatives. */
export function toChatLogprobs(logprobs: readonly TokenLogprob__Output[]) {
  return {
    content: logprobs.map((token) => ({ ...toToken(token), top_logprobs: token.top.map(toToken) })),
    refusal: null,
  };
}

function toToken({ bytes, logprob }: TokenLogprob__Output) {
  return { token: wholeText(bytes) ?? escapeBytes(bytes), logprob: toFiniteLogprob(logprob), bytes: [...bytes] };
}
