import { availableParallelism } from 'node:os';
import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import { InsufficientMemoryError, type Llama, type LlamaModel } from 'node-llama-cpp';
import type { ModelShape } from '../adapters/check-adapter.ts';
import { shapeOf } from '../adapters/model-shape.ts';
import type { Backend } from '../engine/backend.ts';
import { bindingModel, createBindingTemplate } from '../engine/binding.ts';
import type { Engine } from '../engine/engine.ts';
import { Utf8Ban } from '../engine/utf8-ban.ts';
import { assertBindingBehaves } from '../engine/self-test.ts';
import { Chat } from '../text/chat.ts';
import { type ChatTemplate, compileChatTemplate } from '../text/chat-template.ts';
import { createPatientEncoder, createPromptEncoder, type PatientEncoder, type PromptEncoder } from '../text/prompt.ts';
import { PromptReader } from '../text/prompt-reader.ts';
import { createTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import type { VectorModel } from '../vectors/vector-model.ts';
import { createEngine } from './create-engine.ts';
import { openDraftModel, sizeDraftModel, type DraftModel } from './draft-model.ts';
import { findFiles, type ModelFiles } from './find-files.ts';
import { openLibrary } from './llama-library.ts';
import { sumOf, type MemoryNeed } from './memory-need.ts';
import type { ModelSettings } from './model-settings.ts';
import { sizeModel, type ModelSize } from './model-size.ts';
import { openAids, type Aids } from './open-aids.ts';
import { openVectorModel } from './open-vector-model.ts';

export type LoadOptions = {
  readonly settings: ModelSettings;
  readonly backend: Backend;
  /** `lastBuild` uses the library built on this machine, e.g. with OpenMP. */
  readonly library: 'prebuilt' | 'lastBuild';
  readonly threads: number | undefined;
  /** Threads that native calls run on, beside those of llama.cpp; UV_THREADPOOL_SIZE, Node's default where absent. */
  readonly poolThreads?: number | undefined;
  readonly downloadFolder: string;
  /** In memory, for KV caches that had to leave their slots. */
  readonly prefixFolder: string;
  readonly log: Log;
  readonly onProgress: (fraction: number) => void;
  /** Found before; they are looked for where they are not given. */
  readonly files?: ModelFiles;
  /** Ends the load as soon as llama.cpp looks. */
  readonly signal?: AbortSignal;
  /** Called once it is known what the model will take, before it takes it. May make room, or reject. */
  readonly reserve?: (need: MemoryNeed) => Promise<void>;
};

/** A model that generates. */
export type LoadedModel = {
  readonly task: 'generate';
  readonly settings: ModelSettings;
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
  readonly encodePrompt: PromptEncoder;
  readonly encodePromptInTurns: PatientEncoder;
  /** Undefined for a model without a chat template. */
  readonly chat: Chat | undefined;
  /** For people: devices, threads, library. */
  readonly backendDetails: string;
  readonly need: MemoryNeed;
  readonly shape: ModelShape;
  readonly aids: Aids;
};

/** A model that embeds or ranks. */
export type LoadedVectorModel = VectorModel &
  Pick<LoadedModel, 'backendDetails' | 'need'> & { readonly tokenizer: Pick<Tokenizer, 'vocabularySize' | 'decode'> };

/** Loads a GGUF model that generates. Rejects with a Fault for one of another kind, as for one that cannot be loaded. */
export async function loadModel(options: LoadOptions): Promise<LoadedModel> {
  const model = await loadAnyModel(options);
  if (model.task === 'generate') return model;
  await model.engine.close();
  throw new Fault('UNSUPPORTED_VALUE', { message: `The model ${options.settings.source} does not generate text.` });
}

/** Loads a GGUF model for its task and proves that the engine works on it. Rejects with a Fault whose message says what to do. */
export async function loadAnyModel(options: LoadOptions): Promise<LoadedModel | LoadedVectorModel> {
  try {
    return await open(options);
  } catch (error) {
    throw withMeaning(error, options.settings);
  }
}

/** The library's own word for memory that ran out after all, as ours. */
export function withMeaning(error: unknown, { name }: Pick<ModelSettings, 'name'>): unknown {
  if (!(error instanceof InsufficientMemoryError)) return error;
  return new Fault('INSUFFICIENT_MEMORY', { message: `The model \`${name}\` did not fit: ${error.message}.`, cause: error });
}

async function open(options: LoadOptions): Promise<LoadedModel | LoadedVectorModel> {
  const { settings, backend } = options;
  const { path, draftPath } = options.files ?? (await findFiles(options));
  const llama = await openLibrary(options);
  const own = await sizeModel(path, { settings, backend, llama });
  if (own.task !== 'generate' && settings.adapters.length > 0) throw takesNoAdapters(settings);
  const draft = await sizeDraftModel(options, { path: draftPath, llama, size: own });
  const size = { ...own, need: sumOf(own.need, { draft: draft?.size.need, prefixCacheMb: settings.prefixCacheMb }) };
  await options.reserve?.(size.need);
  const model = await llama.loadModel({
    modelPath: path,
    onLoadProgress: options.onProgress,
    ...(options.signal ? { loadSignal: options.signal } : {}),
    gpuLayers: size.gpuLayers,
    defaultContextFlashAttention: size.flashAttention,
  });
  try {
    return await (size.task === 'generate' ? openModel : openVectors)(options, { llama, model, size, draft });
  } catch (error) {
    // The context goes with it.
    await model.dispose();
    throw error;
  }
}

/** Its settings could not know it: what the model is for was told by its file. */
function takesNoAdapters({ name }: ModelSettings): Fault {
  return new Fault('UNSUPPORTED_VALUE', {
    message: `The model \`${name}\` embeds or ranks, so it takes no adapters. Remove \`adapters\` from its settings.`,
    param: 'adapters',
  });
}

type Opened = { readonly llama: Llama; readonly model: LlamaModel; readonly size: ModelSize; readonly draft?: DraftModel | undefined };

async function openVectors({ settings, library, threads: asked }: LoadOptions, { llama, model, size }: Opened): Promise<LoadedVectorModel> {
  const { task, contextTokens, vocabularySize, need } = size;
  if (task === 'generate') throw new Error('a model that generates has another engine');
  const threads = threadsOf(asked);
  const tokenizer = createTokenizer(bindingModel(model), { size: vocabularySize, eosToken: model.tokens.eos });
  return {
    ...(await openVectorModel(model, { settings, task, contextTokens, vocabularySize, threads, tokenizer })),
    tokenizer,
    backendDetails: await describe(llama, threads, library),
    need,
  };
}

/** The default leaves one core to the rest. */
function threadsOf(asked: number | undefined): number {
  return asked ?? Math.max(1, availableParallelism() - 1);
}

async function openModel(options: LoadOptions, { llama, model, size, draft }: Opened): Promise<LoadedModel> {
  const { settings, library, threads: asked, poolThreads, prefixFolder, log } = options;
  const isPoolSerial = poolThreads === 1;
  const threads = threadsOf(asked);
  const tokenizer = createTokenizer(bindingModel(model), { size: size.vocabularySize, eosToken: model.tokens.eos });
  const engine = await createEngine(llama, model, {
    ...size,
    threads,
    isPoolSerial,
    endOfGenerationTokens: tokenizer.endOfGenerationTokens,
    utf8: new Utf8Ban(tokenizer.tokenBytes),
  });
  await assertBindingBehaves(engine);
  const openDraft = (): Promise<Engine> => openDraftModel(draft, { llama, threads, isPoolSerial, tokenizer });
  const aids = await openAids(settings, { engine, prefixFolder, openDraft, log });
  const template = readTemplate('chat_template', { llama, model, tokenizer });
  const reader = new PromptReader(tokenizer, size.contextTokens);
  const chat =
    template === undefined
      ? undefined
      : new Chat({
          tokenizer,
          template,
          toolTemplate: readTemplate('chat_template.tool_use', { llama, model, tokenizer }),
          reader,
          ...settings,
        });
  return {
    task: 'generate',
    settings,
    engine,
    tokenizer,
    encodePrompt: createPromptEncoder({ tokenizer, chat, reader }),
    encodePromptInTurns: createPatientEncoder({ tokenizer, chat, reader }),
    chat,
    backendDetails: await describe(llama, threads, library),
    need: size.need,
    shape: shapeOf(model),
    aids,
  };
}

/** Some files have another template for when there are tools. */
function readTemplate(
  key: 'chat_template' | 'chat_template.tool_use',
  { llama, model, tokenizer }: { llama: Llama; model: LlamaModel; tokenizer: Tokenizer },
): ChatTemplate | undefined {
  const source: unknown = Reflect.get(model.fileInfo.metadata.tokenizer, key);
  if (typeof source !== 'string' || source === '') return undefined;
  return compileChatTemplate(source, { ...tokenizer, spare: () => createBindingTemplate(llama, source) });
}

async function describe(llama: Llama, threads: number, library: LoadOptions['library']): Promise<string> {
  const devices = llama.gpu === false ? [] : await llama.getGpuDeviceNames();
  const where = devices.length > 0 ? devices.join(', ') : `${threads} thread${threads === 1 ? '' : 's'}`;
  return `${library === 'lastBuild' ? 'local build' : 'prebuilt library'}, ${where}`;
}
