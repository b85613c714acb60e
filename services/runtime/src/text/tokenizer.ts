import type { BindingModel } from '../engine/binding.ts';
import { readTokenBytes, type TokenBytes } from './token-bytes.ts';

/** A model's vocabulary, without the model's weights in the picture. */
export type Tokenizer = {
  readonly vocabularySize: number;
  readonly tokenBytes: TokenBytes;
  readonly endOfGenerationTokens: readonly number[];
  /** The text of the beginning-of-sequence token; empty when the model has none. */
  readonly bosText: string;
  readonly eosText: string;
  /** Text to token ids, markers such as `<|im_start|>` included, with the beginning-of-sequence token where the model wants one. */
  encode(text: string): Uint32Array;
  /** The text of the tokens, markers written out. */
  decode(tokens: Uint32Array): string;
  readonly isEndOfGeneration: (token: number) => boolean;
  /** The most bytes one token can stand for; a longer text than this per token cannot fit. */
  readonly bytesPerTokenMax: number;
};

export function createTokenizer(model: BindingModel, vocabulary: { size: number; eosToken: number | null }): Tokenizer {
  const tokenBytes = readTokenBytes(model, vocabulary.size);
  const endOfGenerationTokens = tokenBytes.map((_, id) => id).filter((id) => model.isEogToken(id));
  const isEnd = new Set(endOfGenerationTokens);
  const bosToken = model.shouldPrependBosToken() ? model.tokenBos() : undefined;
  return {
    vocabularySize: vocabulary.size,
    tokenBytes,
    endOfGenerationTokens,
    bosText: bosToken === undefined ? '' : model.getTokenString(bosToken),
    eosText: vocabulary.eosToken === null ? '' : model.getTokenString(vocabulary.eosToken),
    encode(text) {
      const tokens = model.tokenize(text, true);
      // A template may have written the marker itself; twice would be a different prompt.
      return bosToken === undefined || tokens[0] === bosToken ? tokens : Uint32Array.of(bosToken, ...tokens);
    },
    decode: (tokens) => model.detokenize(tokens, true),
    isEndOfGeneration: (token) => isEnd.has(token),
    bytesPerTokenMax: longestToken(model, tokenBytes),
  };
}

/** Control tokens stand for no output bytes, but their written form can be in a prompt. */
function longestToken(model: BindingModel, tokenBytes: TokenBytes): number {
  return tokenBytes.reduce(
    (longest, bytes, id) => Math.max(longest, bytes.length, bytes.length === 0 ? Buffer.byteLength(model.getTokenString(id)) : 0),
    1,
  );
}
