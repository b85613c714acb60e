import { access } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import { getLlama, LlamaLogLevel, resolveModelFile, type Llama, type LlamaModel } from 'node-llama-cpp';
import type { Backend } from '../engine/backend.ts';
import { bindingContext, bindingGrammars, bindingModel, createBindingSampler, loadBindingLora } from '../engine/binding.ts';
import type { Engine } from '../engine/engine.ts';
import { LlamaEngine, type LlamaEngineParts } from '../engine/llama-engine.ts';
import { assertBindingBehaves } from '../engine/self-test.ts';
import { compileChatTemplate } from '../text/chat-template.ts';
import { createPromptEncoder, type PromptEncoder } from '../text/prompt.ts';
import { createTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { wantsFlashAttention } from './flash-attention.ts';
import type { ModelSettings } from './model-settings.ts';

export type LoadOptions = {
  readonly settings: ModelSettings;
  readonly backend: Backend;
  /** `lastBuild` uses the library built on this machine, e.g. with OpenMP. */
  readonly library: 'prebuilt' | 'lastBuild';
  readonly threads: number | undefined;
  readonly downloadFolder: string;
  readonly log: Log;
  readonly onProgress: (fraction: number) => void;
};

export type LoadedModel = {
  readonly settings: ModelSettings;
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
  readonly encodePrompt: PromptEncoder;
  /** For people: devices, threads, library. */
  readonly backendDetails: string;
};

/** Sequences that share the context when nothing else is configured. */
const DEFAULT_SLOTS = { cpu: 32, cuda: 64 } as const;
/** One prefill step takes this many tokens at most; it also sizes the compute buffer. */
const DEFAULT_BATCH_TOKENS = { cpu: 512, cuda: 2048 } as const;
/** Longer contexts cost KV memory for every slot, so they are asked for by configuration. */
const DEFAULT_CONTEXT_TOKENS_MAX = 4096;

/** Loads a GGUF model and proves that the engine works on it. Rejects with a Fault whose message says what to do. */
export async function loadModel(options: LoadOptions): Promise<LoadedModel> {
  const { settings, backend } = options;
  const path = await resolveModel(options);
  const llama = await openLibrary(options);
  const model = await llama.loadModel({
    modelPath: path,
    onLoadProgress: options.onProgress,
    gpuLayers: backend === 'cpu' ? 0 : (settings.gpuLayers ?? 'max'),
  });
  const slots = settings.slots ?? DEFAULT_SLOTS[backend];
  const contextTokens = settings.contextTokens ?? Math.min(model.trainContextSize, DEFAULT_CONTEXT_TOKENS_MAX);
  const batchTokens = Math.max(slots, Math.min(settings.batchTokens ?? DEFAULT_BATCH_TOKENS[backend], contextTokens * slots));
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const tokenizer = createTokenizer(bindingModel(model), { size: vocabularySize(model), eosToken: model.tokens.eos });
  const flashAttention = wantsFlashAttention(model, backend);
  const engine = await createEngine(llama, model, {
    flashAttention,
    slots,
    contextTokens,
    batchTokens,
    threads,
    endOfGenerationTokens: tokenizer.endOfGenerationTokens,
  });
  await assertBindingBehaves(engine);
  const source = chatTemplateOf(model);
  const template = source === undefined ? undefined : compileChatTemplate(source, tokenizer);
  return {
    settings,
    engine,
    tokenizer,
    encodePrompt: createPromptEncoder({ tokenizer, template, contextTokens }),
    backendDetails: await describe(llama, threads, options.library),
  };
}

async function resolveModel({ settings, downloadFolder, log }: LoadOptions): Promise<string> {
  if (/^(hf:|huggingface:|https?:)/.test(settings.source)) {
    log.info({ model: settings.source, folder: downloadFolder }, 'looking for the model, downloading it when it is not here yet');
    return resolveModelFile(settings.source, { directory: downloadFolder, cli: false });
  }
  try {
    await access(settings.source);
    return settings.source;
  } catch (error) {
    throw new Fault('MODEL_NOT_FOUND', {
      message: `The model file ${settings.source} does not exist. Set MODEL (or SLUICE_MODEL) to a .gguf file, a .yaml configuration, or a name such as hf:user/repo:Q8_0.`,
      cause: error,
    });
  }
}

function openLibrary({ backend, library, threads, log }: LoadOptions): Promise<Llama> {
  const common = {
    logLevel: LlamaLogLevel.warn,
    logger: (level: LlamaLogLevel, message: string) => log.debug({ level, source: 'llama.cpp' }, message.trim()),
    ...(threads === undefined ? {} : { maxThreads: threads }),
  };
  // A local build carries its own options, so what it was built for decides.
  if (library === 'lastBuild') return getLlama('lastBuild', common);
  return getLlama({ ...common, gpu: backend === 'cuda' ? 'cuda' : false, build: 'never', skipDownload: true, progressLogs: false });
}

type EngineSize = Pick<LlamaEngineParts, 'slots' | 'contextTokens' | 'batchTokens' | 'endOfGenerationTokens'> & {
  readonly flashAttention: boolean | 'auto';
  readonly threads: number;
};

async function createEngine(llama: Llama, model: LlamaModel, size: EngineSize): Promise<Engine> {
  // A plain number and no remedy: the capacity is what was asked for, or an error that says so.
  const context = await model.createContext({
    sequences: size.slots,
    contextSize: size.contextTokens,
    batchSize: size.batchTokens,
    threads: size.threads,
    flashAttention: size.flashAttention,
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
      await llama.dispose();
    },
  });
}

function vocabularySize(model: LlamaModel): number {
  const tokens: unknown = model.fileInfo.metadata.tokenizer?.ggml?.tokens;
  if (Array.isArray(tokens)) return tokens.length;
  throw new Fault('INTERNAL', { message: 'The GGUF file has no token list.' });
}

function chatTemplateOf(model: LlamaModel): string | undefined {
  const template: unknown = model.fileInfo.metadata.tokenizer?.chat_template;
  return typeof template === 'string' && template !== '' ? template : undefined;
}

async function describe(llama: Llama, threads: number, library: LoadOptions['library']): Promise<string> {
  const devices = llama.gpu === false ? [] : await llama.getGpuDeviceNames();
  const where = devices.length > 0 ? devices.join(', ') : `${threads} thread${threads === 1 ? '' : 's'}`;
  return `${library === 'lastBuild' ? 'local build' : 'prebuilt library'}, ${where}`;
}
