import type { LlamaContext, LlamaEmbeddingContext, LlamaModel, LlamaRankingContext, Llama } from 'node-llama-cpp';

/**
 * The low-level objects of node-llama-cpp 3.22.1 that the engine drives. They are internal there, so the version is
 * pinned exactly and `self-test.ts` checks at start-up that they still behave; nothing else may import them.
 */

export type BindingSampler = {
  applyConfig(config: BindingSamplerConfig): void;
  dispose(): void;
};

export type BindingSamplerConfig = {
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  seed: number;
  repeatPenalty?: number;
  repeatPenaltyMaxTokens?: number;
  repeatPenaltyTokens?: Uint32Array;
  repeatPenaltyPresencePenalty?: number;
  repeatPenaltyFrequencyPenalty?: number;
  tokenBiasKeys?: Uint32Array;
  tokenBiasValues?: Float32Array;
  xtcProbability?: number;
  xtcThreshold?: number;
  grammarEvaluationState?: BindingGrammarState;
};

/** What `sampleToken` tells of the candidates that the sampler left. Ids and values take turns in the lists. */
export type BindingSample = readonly [
  token: number,
  probabilities: readonly number[] | undefined,
  confidence: number | undefined,
  logits: readonly number[] | undefined,
  /** The sum of exp(logit − greatest logit). */
  totalLogitWeight: number | undefined,
];

/** Whose logits are wanted. `includeMax` and `includeMin` do not what they say, so they stay false. */
export type BindingLogits = [tokens: readonly number[], includeMax: false, includeMin: false, includeSelected: boolean, includeTop: number];

/** Whether `sampleToken` rejected because it took a token that its grammar refuses, which it does where nothing else is left. */
export function isRefusedToken(error: unknown): boolean {
  // Native errors are of another realm inside Jest, so their class does not tell.
  const message: unknown = typeof error === 'object' && error !== null && Reflect.get(error, 'message');
  return typeof message === 'string' && message.startsWith('Failed to accept token in sampler');
}

/** How far one output has come in a grammar. Opaque; freed by garbage collection. */
export type BindingGrammarState = object;

/** What the binding does with grammars, for one model. */
export type BindingGrammars = {
  /** Throws where llama.cpp cannot parse the grammar. */
  compile(gbnf: string): BindingGrammarState;
  clone(state: BindingGrammarState): BindingGrammarState;
  canBeNext(state: BindingGrammarState, token: number): boolean;
  /** Throws for a token that cannot be next; ends the process for an end-of-generation token that cannot be. */
  accept(state: BindingGrammarState, token: number): void;
};

export type BindingContext = {
  initBatch(tokens: number): void;
  /** `logitIndexes` are offsets into `tokens`, ascending; returns their indexes for `sampleToken`. */
  addToBatch(sequence: number, firstPosition: number, tokens: Uint32Array, logitIndexes: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  /** Resolves to -1 when no candidate is left. */
  sampleToken(logitIndex: number, sampler: BindingSampler): Promise<number>;
  sampleToken(
    logitIndex: number,
    sampler: BindingSampler,
    probabilities: false,
    confidence: false,
    logits: BindingLogits,
    totalLogitWeight: boolean,
  ): Promise<BindingSample>;
  disposeSequence(sequence: number): void;
  removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean;
  getSequenceKvCacheMaxPosition(sequence: number): number;
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
  setThreads(threads: number): void;
  /** Resolves to the size of the file in bytes. */
  saveSequenceStateToFile(path: string, sequence: number, tokens: Uint32Array): Promise<number>;
  loadSequenceStateFromFile(path: string, sequence: number, tokensMax: number): Promise<Uint32Array>;
  /** For all sequences of the context. Setting what is set already costs nothing; another set makes the next step build its graph anew. */
  setLoras(loras: readonly BindingLora[], scales: readonly number[]): void;
};

/** A context that answers with what the model says of an input as a whole. */
export type BindingVectors = Pick<
  BindingContext,
  'initBatch' | 'addToBatch' | 'decodeBatch' | 'removeTokenCellsFromSequence' | 'setThreads'
> & {
  /** Of sequence 0 as the last batch left it, not normalised; for a ranking context the head's output. At most `valuesMax`, where given. */
  getEmbedding(tokens: number, valuesMax?: number): Float64Array;
};

/** Weights in memory. They may not be disposed of while a context that has them set computes. */
export type BindingLora = { dispose(): Promise<void> };

export type BindingModel = {
  tokenize(text: string, parseSpecial: boolean): Uint32Array;
  /** Bytes that are no whole character become U+FFFD. */
  detokenize(tokens: Uint32Array, writesSpecial: boolean): string;
  getTokenString(id: number): string;
  getTokenAttributes(id: number): number;
  isEogToken(id: number): boolean;
  getVocabularyType(): number;
  shouldPrependBosToken(): boolean;
  tokenBos(): number;
  shouldAppendEosToken(): boolean;
  /** -1 where there is none, as with `sepToken`. */
  tokenEos(): number;
  sepToken(): number;
  loadLora(lora: BindingLora): Promise<void>;
};

const CONTEXT_METHODS = [
  'initBatch',
  'addToBatch',
  'decodeBatch',
  'sampleToken',
  'disposeSequence',
  'removeTokenCellsFromSequence',
  'getSequenceKvCacheMaxPosition',
  'copySequenceStateFromOtherSequence',
  'setThreads',
  'saveSequenceStateToFile',
  'loadSequenceStateFromFile',
  'setLoras',
] as const;

const MODEL_METHODS = [
  'tokenize',
  'detokenize',
  'getTokenString',
  'getTokenAttributes',
  'isEogToken',
  'getVocabularyType',
  'shouldPrependBosToken',
  'tokenBos',
  'shouldAppendEosToken',
  'tokenEos',
  'sepToken',
  'loadLora',
] as const;

export function bindingContext(context: LlamaContext): BindingContext {
  return checked<BindingContext>(internal(context, '_ctx'), CONTEXT_METHODS, 'context');
}

export function bindingVectors(context: LlamaEmbeddingContext | LlamaRankingContext): BindingVectors {
  const methods = ['initBatch', 'addToBatch', 'decodeBatch', 'removeTokenCellsFromSequence', 'setThreads', 'getEmbedding'] as const;
  return checked<BindingVectors>(internal(internal(context, '_llamaContext'), '_ctx'), methods, 'context');
}

export function bindingModel(model: LlamaModel): BindingModel {
  return checked<BindingModel>(internal(model, '_model'), MODEL_METHODS, 'model');
}

/** A new native sampler. It holds 12 bytes a vocabulary entry until garbage collection, so samplers are pooled. */
export function createBindingSampler(llama: Llama, model: LlamaModel): BindingSampler {
  const { AddonSampler } = internal(llama, '_bindings') as { AddonSampler: new (model: BindingModel) => BindingSampler };
  return checked<BindingSampler>(new AddonSampler(bindingModel(model)), ['applyConfig', 'dispose'], 'sampler');
}

/** Reads an adapter's weights into memory. node-llama-cpp's own way keeps every file it ever loaded until the model goes. */
export async function loadBindingLora(llama: Llama, model: LlamaModel, path: string): Promise<BindingLora> {
  const { AddonModelLora } = internal(llama, '_bindings') as { AddonModelLora: new (model: BindingModel, path: string) => BindingLora };
  const native = bindingModel(model);
  const lora = checked<BindingLora>(new AddonModelLora(native, path), ['dispose'], 'adapter');
  await native.loadLora(lora);
  return lora;
}

/** A chat template, compiled by llama.cpp. */
export type BindingTemplate = { render(variables: Record<string, unknown>): string };

/** Throws for what llama.cpp cannot compile. */
export function createBindingTemplate(llama: Llama, source: string): BindingTemplate {
  const { AddonJinjaRenderer } = internal(llama, '_bindings') as { AddonJinjaRenderer: new (source: string) => BindingTemplate };
  return checked<BindingTemplate>(new AddonJinjaRenderer(source), ['render'], 'template');
}

type GrammarBindings = {
  readonly AddonGrammar: new (gbnf: string, options: { addonExports: object; rootRuleName: string }) => object;
  readonly AddonGrammarEvaluationState: new (...of: [BindingModel, object] | [BindingGrammarState]) => BindingGrammarState;
  readonly AddonSampler: {
    canBeNextTokenForGrammarEvaluationState(state: BindingGrammarState, token: number): boolean;
    acceptGrammarEvaluationStateToken(state: BindingGrammarState, token: number): void;
  };
};

export function bindingGrammars(llama: Llama, model: LlamaModel): BindingGrammars {
  const bindings = checked<GrammarBindings>(
    internal(llama, '_bindings'),
    ['AddonGrammar', 'AddonGrammarEvaluationState', 'AddonSampler'],
    'grammar',
  );
  const { AddonGrammar, AddonGrammarEvaluationState } = bindings;
  const sampler = checked<GrammarBindings['AddonSampler']>(
    bindings.AddonSampler,
    ['canBeNextTokenForGrammarEvaluationState', 'acceptGrammarEvaluationStateToken'],
    'sampler',
  );
  return {
    compile: (gbnf) =>
      new AddonGrammarEvaluationState(bindingModel(model), new AddonGrammar(gbnf, { addonExports: bindings, rootRuleName: 'root' })),
    // A copy costs less than a microsecond where parsing costs as much as the grammar is long.
    clone: (state) => new AddonGrammarEvaluationState(state),
    canBeNext: (state, token) => sampler.canBeNextTokenForGrammarEvaluationState(state, token),
    accept: (state, token) => sampler.acceptGrammarEvaluationStateToken(state, token),
  };
}

function internal(owner: object, key: string): object {
  const value: unknown = Reflect.get(owner, key);
  if (typeof value === 'object' && value !== null) return value;
  throw new Error(`node-llama-cpp no longer has ${key}; the engine needs version 3.22.1 exactly`);
}

function checked<Binding>(value: object, methods: readonly (keyof Binding & string)[], what: string): Binding {
  const missing = methods.filter((method) => typeof Reflect.get(value, method) !== 'function');
  if (missing.length > 0)
    throw new Error(`node-llama-cpp's ${what} binding lacks ${missing.join(', ')}; the engine needs version 3.22.1 exactly`);
  // The one proven edge: every method that the type names is there.
  return value as Binding;
}
