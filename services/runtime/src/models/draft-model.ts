import { Fault } from '@sluice/platform/fault';
import type { Llama } from 'node-llama-cpp';
import { bindingModel } from '../engine/binding.ts';
import type { Engine } from '../engine/engine.ts';
import { Utf8Ban } from '../engine/utf8-ban.ts';
import { createTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { createEngine } from './create-engine.ts';
import type { LoadOptions } from './load-model.ts';
import { sizeModel, type ModelSize } from './model-size.ts';

/** A smaller model that guesses for another one, before it is loaded. */
export type DraftModel = { readonly path: string; readonly size: ModelSize };

/** The draft model that a model's settings name; it gets as many slots, of the same length. */
export async function sizeDraftModel(
  options: LoadOptions,
  { path, llama, size }: { path: string | undefined; llama: Llama; size: ModelSize },
): Promise<DraftModel | undefined> {
  if (path === undefined) return undefined;
  const { slots, contextTokens, batchTokens } = size;
  const settings = { ...options.settings, slots, contextTokens, batchTokens, task: undefined };
  return { path, size: await sizeModel(path, { settings, backend: options.backend, llama }) };
}

/** Loads it. Rejects with a Fault for a model whose tokens mean something else: its guesses would be noise. */
export async function openDraftModel(
  draft: DraftModel | undefined,
  { llama, threads, isPoolSerial, tokenizer }: { llama: Llama; threads: number; isPoolSerial: boolean; tokenizer: Tokenizer },
): Promise<Engine> {
  if (!draft) throw new Error('the settings name no draft model');
  const { path, size } = draft;
  const model = await llama.loadModel({ modelPath: path, gpuLayers: size.gpuLayers, defaultContextFlashAttention: size.flashAttention });
  try {
    const own = createTokenizer(bindingModel(model), { size: size.vocabularySize, eosToken: model.tokens.eos });
    assertSameVocabulary(tokenizer, own, path);
    return await createEngine(llama, model, {
      ...size,
      threads,
      isPoolSerial,
      endOfGenerationTokens: own.endOfGenerationTokens,
      utf8: new Utf8Ban(own.tokenBytes),
    });
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

function assertSameVocabulary(model: Tokenizer, draft: Tokenizer, path: string): void {
  const isSame =
    model.vocabularySize === draft.vocabularySize &&
    model.tokenBytes.every((bytes, id) => Buffer.from(bytes).equals(draft.tokenBytes[id] ?? Buffer.alloc(0)));
  if (isSame) return;
  throw new Fault('INVALID_VALUE', {
    message: `The draft model ${path} has another vocabulary than the model that it is to guess for. Take one of the same family.`,
    param: 'speculation.model',
  });
}
