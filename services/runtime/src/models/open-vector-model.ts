import { Fault } from '@sluice/platform/fault';
import type { LlamaModel } from 'node-llama-cpp';
import { bindingModel, type BindingModel, bindingVectors } from '../engine/binding.ts';
import type { TextCutter } from '../text/text-cutter.ts';
import { VOCAB_SENTENCE_PIECE } from '../text/token-bytes.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { createInputEncoder } from '../vectors/input-encoder.ts';
import { readInputMarkers } from '../vectors/input-markers.ts';
import { LlamaVectorEngine } from '../vectors/llama-vector-engine.ts';
import type { VectorModel } from '../vectors/vector-model.ts';
import type { ModelSettings } from './model-settings.ts';

type OpenOptions = {
  readonly settings: ModelSettings;
  readonly task: VectorModel['task'];
  readonly contextTokens: number;
  readonly vocabularySize: number;
  readonly threads: number;
  readonly tokenizer: Pick<Tokenizer, 'cut'>;
};

/** Requests that share the model in turns, as many as share one that generates on the CPU. */
const DEFAULT_SLOTS = 32;
/** Architectures whose ranking head ends in a softmax (llama.cpp, `build_pooling`); the others answer with a logit. */
const PROBABILITY_HEADS: ReadonlySet<string> = new Set(['qwen3', 'qwen3vl']);

/** Opens a loaded file for vectors and proves that they come out. Rejects with a Fault whose message says what is missing. */
export async function openVectorModel(model: LlamaModel, options: OpenOptions): Promise<VectorModel> {
  const { settings, task, contextTokens, vocabularySize, threads } = options;
  const { metadata, architectureMetadata } = model.fileInfo;
  const native = bindingModel(model);
  const pairTemplate = readText(metadata.tokenizer, 'chat_template.rerank');
  const markers = readInputMarkers(native, readFlag(metadata.tokenizer?.ggml, 'add_sep_token'));
  if (task === 'rank') assertRanks(model, pairTemplate !== undefined || markers.between.length > 0);
  // The whole input in one batch: what is longer would be cut, and only its end be answered for.
  const size = { contextSize: contextTokens, batchSize: contextTokens, threads };
  const context = task === 'rank' ? await model.createRankingContext(size) : await model.createEmbeddingContext(size);
  const binding = bindingVectors(context);
  binding.setThreads(threads);
  const engine = await LlamaVectorEngine.start({
    binding,
    slots: settings.slots ?? DEFAULT_SLOTS,
    contextTokens,
    dimensions: task === 'rank' ? 1 : 'all',
    isPooled: task === 'rank' || (architectureMetadata.pooling_type ?? 0) > 0,
    close: async () => {
      await context.dispose();
      await model.dispose();
    },
  });
  return {
    task,
    settings,
    engine,
    encoder: createInputEncoder(native, { contextTokens, cut: cutterOf(native, options) }),
    markers,
    vocabularySize,
    pairTemplate,
    isProbability: PROBABILITY_HEADS.has(metadata.general.architecture),
  };
}

/** Of SentencePiece, every part would begin with a space. */
function cutterOf(native: BindingModel, { tokenizer }: OpenOptions): TextCutter | undefined {
  return native.getVocabularyType() === VOCAB_SENTENCE_PIECE ? undefined : tokenizer.cut;
}

function assertRanks({ fileInsights }: LlamaModel, readsPairs: boolean): void {
  if (fileInsights.supportsRanking && readsPairs) return;
  throw new Fault('UNSUPPORTED_VALUE', {
    message: fileInsights.supportsRanking
      ? 'This model cannot rank: its file tells neither a separator nor a template for a query and a document.'
      : 'This model cannot rank: its file has no head that scores. Set another task.',
  });
}

function readText(owner: object | undefined, key: string): string | undefined {
  const value: unknown = owner === undefined ? undefined : Reflect.get(owner, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readFlag(owner: object | undefined, key: string): boolean | undefined {
  const value: unknown = owner === undefined ? undefined : Reflect.get(owner, key);
  return typeof value === 'boolean' ? value : undefined;
}
