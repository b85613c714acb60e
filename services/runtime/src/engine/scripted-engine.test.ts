import { testEngineContract } from './engine.contract.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const END = 2;

testEngineContract('scripted', () =>
  Promise.resolve({
    engine: new ScriptedEngine({ slots: 16, contextTokens: 1024, batchTokens: 64, vocabulary: 97, endOfGenerationTokens: [END] }),
    endOfGenerationToken: END,
    isEndOfGeneration: (token) => token === END,
    grammar: { gbnf: '5 6 7', isWhole: (tokens) => tokens.join(' ') === '5 6 7' },
    prompts: Array.from({ length: 16 }, (_, i) => Uint32Array.from({ length: 4 + i * 2 }, (__, j) => 3 + ((i * 31 + j * 7) % 90))),
  }),
);
