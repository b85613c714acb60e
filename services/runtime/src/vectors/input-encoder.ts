import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';
import type { BindingModel } from '../engine/binding.ts';
import { concatenateTokens } from '../text/concatenate-tokens.ts';
import { assertCut, type TextCutter } from '../text/text-cutter.ts';

/** A text with more bytes for each token of the context is refused unread. Prose has about four. */
const BYTES_PER_TOKEN_MAX = 64;
/** Tokenising holds up everything else in the process; 100,000 characters take 10 to 50 ms. */
const BYTES_PER_TURN = 16_384;

export type InputEncoder = {
  /** The text's own tokens. Other work of the process gets its turn in between. Throws a Fault that names `param` when no context can hold it. */
  encode(text: string, options: { readonly param: string; readonly parsesSpecial: boolean }): Promise<Uint32Array>;
};

export type InputLimits = {
  readonly contextTokens: number;
  /** How to cut a text whose tokens are those of its parts; undefined where that cannot be done. */
  readonly cut: TextCutter | undefined;
};

export function createInputEncoder(model: Pick<BindingModel, 'tokenize'>, { contextTokens, cut }: InputLimits): InputEncoder {
  const bytesMax = contextTokens * BYTES_PER_TOKEN_MAX;
  const limit = `This model's maximum context length is ${contextTokens} tokens`;
  let bytesThisTurn = 0;
  const encodePart = async (part: string, parsesSpecial: boolean): Promise<Uint32Array> => {
    const bytes = Buffer.byteLength(part);
    bytesThisTurn += bytes;
    if (bytesThisTurn > BYTES_PER_TURN) {
      await nextTurn();
      bytesThisTurn = bytes;
    }
    return model.tokenize(part, parsesSpecial);
  };
  return {
    async encode(text, { param, parsesSpecial }) {
      const bytes = Buffer.byteLength(text);
      if (bytes > bytesMax) {
        throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
          message: `${limit}, and it reads at most ${bytesMax} bytes. However, '${param}' has ${bytes} bytes. Please reduce its length.`,
          param,
        });
      }
      const parts = cut ? cut(text) : [text];
      if (cut) assertCut(parts, param);
      const tokens: Uint32Array[] = [];
      let count = 0;
      for (const part of parts) {
        if (count > contextTokens) {
          throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
            message: `${limit}. However, '${param}' has more than ${count} tokens. Please reduce its length.`,
            param,
          });
        }
        const more = await encodePart(part, parsesSpecial);
        count += more.length;
        tokens.push(more);
      }
      return concatenateTokens(tokens);
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
