import { expect, test } from '@jest/globals';
import { loadDemoModel } from '../test-support/demo-model.ts';
import { QUESTIONS } from '../test-support/questions.ts';
import { testEngineContract } from './engine.contract.ts';

testEngineContract('llama.cpp with the demo model', async () => {
  const { engine, tokenizer, encodePrompt } = await loadDemoModel({ slots: 16, contextTokens: 1024, batchTokens: 128 });
  const end = tokenizer.endOfGenerationTokens.at(-1);
  if (end === undefined) throw new Error('the demo model has no end-of-generation token');
  return {
    engine,
    endOfGenerationToken: end,
    isEndOfGeneration: tokenizer.isEndOfGeneration,
    grammar: {
      gbnf: 'root ::= "red, green" " and blue"',
      isWhole: (tokens) =>
        Buffer.concat(tokens.map((token) => tokenizer.tokenBytes[token] ?? Buffer.of())).toString() === 'red, green and blue',
    },
    prompts: QUESTIONS.map((content) => encodePrompt({ kind: 'chat', messages: [{ role: 'user', content }], tools: undefined, extra: {} })),
  };
});

test('a grammar that comes when the model is gone is refused', async () => {
  const { engine } = await loadDemoModel({ slots: 1, contextTokens: 64, batchTokens: 64 });
  await engine.close();
  await expect(engine.compileGrammar('root ::= "a"')).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
});
