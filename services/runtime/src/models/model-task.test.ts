import { expect, test } from '@jest/globals';
import type { GgufFileInfo } from 'node-llama-cpp';
import { tellTask } from './model-task.ts';

type Told = { architecture?: string; pooling_type?: number; attention?: { causal?: boolean }; tensors?: readonly string[] };

/** The parts of a file that tell. */
function file({ architecture = 'llama', tensors = [], ...architectureMetadata }: Told): GgufFileInfo {
  return {
    metadata: { general: { architecture } },
    architectureMetadata,
    fullTensorInfo: tensors.map((name) => ({ name })),
  } as unknown as GgufFileInfo;
}

test.each<[string, Told, string]>([
  ['a language model', {}, 'generate'],
  ['a language model that pools the last token', { architecture: 'qwen3', pooling_type: 3 }, 'embed'],
  ['a language model that was made to rank', { architecture: 'qwen3', pooling_type: 4, tensors: ['cls.output.weight'] }, 'rank'],
  ['an encoder that pools the mean', { architecture: 'bert', pooling_type: 1 }, 'embed'],
  ['an encoder that says nothing of pooling', { architecture: 'nomic-bert' }, 'embed'],
  ['an encoder of an unknown name, which reads both ways', { architecture: 'newer', attention: { causal: false } }, 'embed'],
  ['an encoder with a head that classifies', { architecture: 'bert', tensors: ['token_embd.weight', 'cls.weight'] }, 'rank'],
  ['a head that classifies in a model that says how it pools', { architecture: 'bert', pooling_type: 2, tensors: ['cls.weight'] }, 'embed'],
])('%s', (_what, told, task) => {
  expect(tellTask(file(told))).toBe(task);
});
