import type { Llama, LlamaModel } from 'node-llama-cpp';
import { bindingContext, bindingGrammars, createBindingSampler, loadBindingLora } from '../engine/binding.ts';
import type { Engine } from '../engine/engine.ts';
import { LlamaEngine, type LlamaEngineParts } from '../engine/llama-engine.ts';

type EngineSize = Pick<
  LlamaEngineParts,
  'slots' | 'isPoolSerial' | 'contextTokens' | 'batchTokens' | 'endOfGenerationTokens' | 'vocabularySize' | 'utf8'
> & {
  readonly flashAttention: boolean | 'auto';
  readonly threads: number;
};

/** A context of a loaded model, with the step loop's hands on it. Closing it closes the model, too. */
export async function createEngine(llama: Llama, model: LlamaModel, size: EngineSize): Promise<Engine> {
  // A plain number and no remedy: the capacity is what was asked for, or an error that says so.
  const context = await model.createContext({
    sequences: size.slots,
    contextSize: size.contextTokens,
    batchSize: size.batchTokens,
    threads: size.threads,
    flashAttention: size.flashAttention,
    // A sliding window would lack what it slid over when a slot is trimmed.
    swaFullCache: true,
    failedCreationRemedy: false,
  });
  const binding = bindingContext(context);
  binding.setThreads(size.threads);
  return new LlamaEngine({
    binding,
    createNativeSampler: () => createBindingSampler(llama, model),
    grammars: bindingGrammars(llama, model),
    loadNativeAdapter: (path) => loadBindingLora(llama, model, path),
    ...size,
    close: async () => {
      await context.dispose();
      await model.dispose();
    },
  });
}
