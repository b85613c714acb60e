import type { RuntimeExtras } from '@sluice/proto/runtime-server';
import type { Prompt__Output } from '@sluice/proto/v1/Prompt';

/** The calls that a worker answers in one piece. */
export type ScriptedCalls = Pick<RuntimeExtras, 'embed' | 'rank' | 'tokenize' | 'detokenize' | 'detectWatermark'>;

const CONTEXT_TOKENS_MAX = 2_048;
const DIMENSIONS = 4;

/** A worker whose tokens are characters: a vector is the place of its input and the input's length, a document's score the share of the query's characters that it has. */
export const plainCalls: ScriptedCalls = {
  embed: ({ inputs, dimensions }) => ({
    embeddings: inputs.map((input, i) => ({ packed: pack([i, idsOf(input).length, 0.5, -0.5].slice(0, dimensions || DIMENSIONS)) })),
    promptTokens: inputs.reduce((sum, input) => sum + idsOf(input).length, 0),
  }),
  rank: ({ query, documents }) => ({
    scores: documents.map((document) => query.split('').filter((character) => document.includes(character)).length / query.length),
    promptTokens: documents.reduce((sum, document) => sum + query.length + document.length, 0),
  }),
  tokenize: ({ prompt }) => ({ tokenIds: idsOf(prompt), contextTokensMax: CONTEXT_TOKENS_MAX }),
  detokenize: ({ tokenIds }) => ({ text: String.fromCodePoint(...tokenIds) }),
  detectWatermark: ({ text }) => ({ scoredTokens: text.length, greenTokens: 0, zScore: 0, pValue: 0.5, gamma: 0.25 }),
};

/** Little-endian float32, as workers pack vectors. */
export function pack(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes;
}

function idsOf(prompt: Prompt__Output | null | undefined): number[] {
  const text = prompt?.text ?? prompt?.chat?.messages.map(({ content }) => content).join('') ?? '';
  return prompt?.tokenIds?.ids ?? text.split('').map((character) => character.codePointAt(0) ?? 0);
}
