import { fileURLToPath } from 'node:url';
import { createLog } from '@sluice/platform/log';
import { loadModel } from '../models/load-model.ts';
import { readModelSettings } from '../models/model-settings.ts';
import { testEngineContract } from './engine.contract.ts';

const MODEL = fileURLToPath(new URL('../../../../models/demo-chat.gguf', import.meta.url));

const QUESTIONS = [
  'Tell me a story about a fox.',
  'What is the capital of France?',
  'What is 3 plus 4?',
  'Tell me a story about a duck.',
  'What is the opposite of hot?',
  'Count to five.',
  'What does a cow say?',
  'My name is Anna. What is my name?',
  'What is the capital of Italy?',
  'What is 9 minus 2?',
  'Tell me a story about a bear and a river.',
  'What is 6 times 7?',
  'Who are you?',
  'What is the capital of Japan?',
  'What is the opposite of big?',
  'Extract the data as JSON: Anna is 31 years old and lives in Rome.',
];

testEngineContract('llama.cpp with the demo model', async () => {
  const settings = { ...(await readModelSettings(MODEL)), slots: 16, contextTokens: 1024, batchTokens: 128 };
  const log = createLog({ service: 'test', level: 'silent' });
  const { engine, tokenizer, encodePrompt } = await loadModel({ settings, backend: 'cpu', library: 'prebuilt', threads: 1, downloadFolder: '', log, onProgress() {} });
  const end = tokenizer.endOfGenerationTokens.at(-1);
  if (end === undefined) throw new Error('the demo model has no end-of-generation token');
  return {
    engine,
    endOfGenerationToken: end,
    prompts: QUESTIONS.map((content) => encodePrompt({ kind: 'chat', messages: [{ role: 'user', content }], tools: undefined, extra: {} })),
  };
});
