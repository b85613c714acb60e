import type { BindingModel } from '../engine/binding.ts';

/** What a model was trained to see around its input. */
export type InputMarkers = {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** Between a query and a document; empty where the model knows no pairs. */
  readonly between: readonly number[];
};

/** llama.h: enum llama_vocab_type. */
const VOCAB_WORD_PIECE = 3;

/**
 * By the vocabulary's own flags. `addsSeparator` is the file's flag for pairs; without one, a separator that exists is used.
 * BERT reads `[CLS] query [SEP] document [SEP]`, the RoBERTa family `<s> query </s></s> document </s>`.
 */
export function readInputMarkers(model: BindingModel, addsSeparator: boolean | undefined): InputMarkers {
  const separator = one(model.sepToken());
  const isWordPiece = model.getVocabularyType() === VOCAB_WORD_PIECE;
  const begin = isWordPiece || model.shouldPrependBosToken() ? one(model.tokenBos()) : [];
  if (isWordPiece) return { begin, end: separator, between: separator };
  const end = model.shouldAppendEosToken() ? one(model.tokenEos()) : [];
  return { begin, end, between: [...end, ...(addsSeparator === false ? [] : separator)] };
}

function one(token: number): readonly number[] {
  return token < 0 ? [] : [token];
}
