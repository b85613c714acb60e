import { systemClock, type Clock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { ScriptedEngine, type ScriptedEngineOptions } from '../engine/scripted-engine.ts';
import type { LoadedModel } from '../models/load-model.ts';
import { ModelRegistry, type LoadSteps, type ModelRegistryOptions } from '../models/model-registry.ts';
import { plainSettings, type ModelSettings } from '../models/model-settings.ts';
import { noObserver } from '../scheduler/observer.ts';
import { byteTokenizer } from './byte-tokenizer.ts';

/** What every scripted model takes, where a test does not say. */
const BYTES = 100;

export type ScriptedModels = Partial<Omit<ModelRegistryOptions, 'models' | 'load'>> & {
  readonly models: readonly (Partial<ModelSettings> & { readonly name: string })[];
  readonly engine?: Partial<ScriptedEngineOptions>;
  /** Of main memory, by the model's name. */
  readonly bytesOf?: (model: string) => number;
  /** Called for each load before it begins; a test may wait here, or throw. */
  readonly beforeLoad?: (model: string, steps: LoadSteps) => Promise<void> | void;
  /** Called for each model that is closed, before it is; a test may wait here. */
  readonly beforeClose?: (model: string) => Promise<void> | void;
  readonly clock?: Clock;
};

/** A registry of models without models: every byte is a token, and answers never end by themselves. Tells which it loaded and closed, in order. */
export function scriptedModels({ models, engine, bytesOf = () => BYTES, beforeLoad, beforeClose, ...options }: ScriptedModels) {
  const log: string[] = [];
  const registry = new ModelRegistry({
    clock: systemClock,
    log: createLog({ service: 'test', level: 'silent' }),
    observerOf: () => noObserver,
    freeMemory: () => Promise.resolve({ mainBytes: 1_000, deviceBytes: 0 }),
    memoryLimitBytes: Infinity,
    queueLimit: 4,
    prefillStallMs: 100,
    onBroken() {},
    ...options,
    models: models.map((settings) => ({ ...plainSettings(settings.name, `${settings.name}.gguf`), ...settings })),
    load: async (settings, steps) => {
      await beforeLoad?.(settings.name, steps);
      const need = { weights: { mainBytes: bytesOf(settings.name), deviceBytes: 0 }, context: { mainBytes: 0, deviceBytes: 0 } };
      await steps.reserve(need);
      log.push(`loaded ${settings.name}`);
      const onClose = async (): Promise<void> => {
        await beforeClose?.(settings.name);
        log.push(`closed ${settings.name}`);
      };
      return scriptedModel({ settings, need, engine, onClose });
    },
  });
  return { registry, log };
}

function scriptedModel({
  settings,
  need,
  engine,
  onClose,
}: Pick<LoadedModel, 'settings' | 'need'> & {
  readonly engine: Partial<ScriptedEngineOptions> | undefined;
  readonly onClose: () => Promise<void>;
}): LoadedModel {
  const scripted = new ScriptedEngine({
    slots: settings.slots ?? 2,
    contextTokens: settings.contextTokens ?? 64,
    batchTokens: 64,
    vocabulary: byteTokenizer.vocabularySize,
    endOfGenerationTokens: byteTokenizer.endOfGenerationTokens,
    next: (history) => 97 + (history.length % 26),
    ...engine,
  });
  const close = scripted.close.bind(scripted);
  scripted.close = async () => {
    await onClose();
    await close();
  };
  return {
    settings,
    need,
    engine: scripted,
    encodePromptInTurns: (source) => Promise.resolve(Uint32Array.from(Buffer.from(source.kind === 'text' ? source.text : 'chat'))),
    encodePrompt: (source) => Uint32Array.from(Buffer.from(source.kind === 'text' ? source.text : 'chat')),
    chat: undefined,
    tokenizer: byteTokenizer,
    backendDetails: 'scripted',
    task: 'generate',
    shape: { architecture: 'scripted', tensors: new Map() },
    aids: { speculation: undefined, prefixStore: undefined, close: () => Promise.resolve() },
  };
}
