import { createRandom } from '@sluice/testing/seeded-random';

// Plain words the demo tokenizer knows well; which they are matters little, since the length is calibrated in tokens.
const words =
  'the a fox dog cat bear bird house river garden city road red blue green small big old new happy went saw found made told asked gave likes and but then because with from over near every morning night friend story name little good warm cold'.split(
    ' ',
  );

/** Text of `count` random words, the same for the same seed; different seeds share no prefix worth caching. */
export const buildPrompt = (seed: number, count: number): string => {
  const random = createRandom(seed, 'prompt');
  return Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(' ');
};

/** The number of words whose prompt has about `promptTokens` tokens, template included, by asking the server twice. */
export const calibrateWords = async (promptTokens: number, countTokens: (prompt: string) => Promise<number>): Promise<number> => {
  const overhead = await countTokens(buildPrompt(1, 1));
  const sampleWords = Math.max(2, Math.floor(promptTokens / 2)); // a word may be two tokens, and the prompt must fit the context
  const tokensPerWord = ((await countTokens(buildPrompt(2, sampleWords))) - overhead) / (sampleWords - 1);
  return Math.max(1, Math.round((promptTokens - overhead) / tokensPerWord) + 1);
};
