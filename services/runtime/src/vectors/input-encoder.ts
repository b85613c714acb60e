import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';
import type { BindingModel } from '../engine/binding.ts';

/** A text with more bytes for each token of the context is refused unread. Prose has about four. */
const BYTES_PER_TOKEN_MAX = 64;
/** Tokenising holds up everything else in the process; 100,000 characters take 10 to 50 ms. */
const BYTES_PER_TURN = 16_384;

export type InputEncoder = {
  /** The text's own tokens. Other work of the process gets its turn in between. Throws a Fault that names `param` when no context can hold it. */
  encode(text: string, options: { readonly param: string; readonly parsesSpecial: boolean }): Promise<Uint32Array>;
};

export function createInputEncoder(model: Pick<BindingModel, 'tokenize'>, limit: { readonly contextTokens: number }): InputEncoder {
  const bytesMax = limit.contextTokens * BYTES_PER_TOKEN_MAX;
  let bytesThisTurn = 0;
  return {
    async encode(text, { param, parsesSpecial }) {
      const bytes = Buffer.byteLength(text);
      if (bytes > bytesMax) {
        throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
          message: `This model's maximum context length is ${limit.contextTokens} tokens, and it reads at most ${bytesMax} bytes. However, '${param}' has ${bytes} bytes. Please reduce its length.`,
          param,
        });
      }
      bytesThisTurn += bytes;
      if (bytesThisTurn > BYTES_PER_TURN) {
        await nextTurn();
        bytesThisTurn = bytes;
      }
      return model.tokenize(text, parsesSpecial);
    },
  };
}

/** Throws a Fault that names the input, its length and the limit when it does not fit. Never cuts anything off. */
export function assertInputFits(
  tokens: number,
  { contextTokens, param }: { readonly contextTokens: number; readonly param: string },
): void {
  if (tokens <= contextTokens) return;
  throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
    message: `This model's maximum context length is ${contextTokens} tokens. However, '${param}' has ${tokens} tokens. Please reduce its length.`,
    param,
  });
}

/** Throws INSUFFICIENT_QUOTA, before anything is spent, when all inputs together are more than is paid for. */
export function assertPaid(tokens: number, totalTokensMax: number | undefined): void {
  if (totalTokensMax === undefined || tokens <= totalTokensMax) return;
  throw new Fault('INSUFFICIENT_QUOTA', {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    internal: `inputs of ${tokens} tokens with ${totalTokensMax} left`,
  });
}
