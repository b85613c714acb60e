import type { Tokenizer } from '../text/tokenizer.ts';

const VOCABULARY = 256;
/** A byte that no text has. */
const END = 2;

/** A vocabulary in which every byte is a token. */
export const byteTokenizer: Tokenizer = {
  vocabularySize: VOCABULARY,
  tokenBytes: Array.from({ length: VOCABULARY }, (_, id) => Uint8Array.of(id)),
  endOfGenerationTokens: [END],
  bosText: '',
  eosText: '',
  encode: (text) => Uint32Array.from(Buffer.from(text)),
  cut: undefined,
  encodeMore: (text) => Uint32Array.from(Buffer.from(text)),
  controlTexts: new Map(),
  decode: (tokens) => Buffer.from(tokens).toString(),
  isEndOfGeneration: (token) => token === END,
  bytesPerTokenMax: 1,
};
