import type { BindingModel } from '../engine/binding.ts';
import { concatenateTokens } from './concatenate-tokens.ts';
import { createTextCutter, type TextCutter } from './text-cutter.ts';
import { readTokenBytes, VOCAB_SENTENCE_PIECE, type TokenBytes } from './token-bytes.ts';

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
  /** Cuts a text into parts whose tokens, those of `encodeMore` from the second on, are those of the whole; undefined where that is not certain. */
  readonly cut: TextCutter | undefined;
  /** Text that goes on after other text: nothing comes before it. */
  encodeMore(text: string): Uint32Array;
  /** How the tokens are written that stand for no text in an answer; in a prompt they are markers. */
  readonly controlTexts: ReadonlyMap<number, string>;
  readonly isEndOfGeneration: (token: number) => boolean;
  /** The most bytes one token can stand for; a longer text than this per token cannot fit. */
  readonly bytesPerTokenMax: number;
};

export function createTokenizer(model: BindingModel, vocabulary: { size: number; eosToken: number | null }): Tokenizer {
  const tokenBytes = readTokenBytes(model, vocabulary.size);
  const endOfGenerationTokens = tokenBytes.map((_, id) => id).filter((id) => model.isEogToken(id));
  const isEnd = new Set(endOfGenerationTokens);
  const bosToken = model.shouldPrependBosToken() ? model.tokenBos() : undefined;
  const controlTexts = readControlTexts(model, tokenBytes);
  const encodeMore = createEncodeMore(model);
  // A template may have written the marker itself; twice would be a different prompt.
  const begun = (tokens: Uint32Array): Uint32Array =>
    bosToken === undefined || tokens[0] === bosToken ? tokens : concatenateTokens([Uint32Array.of(bosToken), tokens]);
  return {
    vocabularySize: vocabulary.size,
    tokenBytes,
    endOfGenerationTokens,
    bosText: bosToken === undefined ? '' : model.getTokenString(bosToken),
    eosText: vocabulary.eosToken === null ? '' : model.getTokenString(vocabulary.eosToken),
    encode: (text) => begun(model.tokenize(text, true)),
    cut: createTextCutter([...tokenBytes, ...Array.from(controlTexts.values(), (text) => Buffer.from(text))], ([first = '', ...others]) =>
      concatenateTokens([model.tokenize(first, true), ...others.map(encodeMore)]),
    ),
    encodeMore,
    controlTexts,
    decode: (tokens) => model.detokenize(tokens, true),
    isEndOfGeneration: (token) => isEnd.has(token),
    bytesPerTokenMax: longestToken(tokenBytes, controlTexts),
  };
}

function readControlTexts(model: BindingModel, tokenBytes: TokenBytes): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  tokenBytes.forEach((bytes, id) => {
    if (bytes.length === 0) texts.set(id, model.getTokenString(id));
  });
  return texts;
}

/** SentencePiece puts a space before whatever it is given, so it is given a line break, which takes that, and loses it again. */
function createEncodeMore(model: BindingModel): (text: string) => Uint32Array {
  if (model.getVocabularyType() !== VOCAB_SENTENCE_PIECE) return (text) => model.tokenize(text, true);
  const before = model.tokenize('\n', true);
  return (text) => {
    const tokens = model.tokenize(`\n${text}`, true);
    return before.every((token, i) => tokens[i] === token) ? tokens.subarray(before.length) : model.tokenize(text, true);
  };
}

/** Control tokens stand for no output bytes, but their written form can be in a prompt. */
function longestToken(tokenBytes: TokenBytes, controlTexts: ReadonlyMap<number, string>): number {
  const longestMarker = [...controlTexts.values()].reduce((longest, text) => Math.max(longest, Buffer.byteLength(text)), 1);
  return tokenBytes.reduce((longest, bytes) => Math.max(longest, bytes.length), longestMarker);
}
