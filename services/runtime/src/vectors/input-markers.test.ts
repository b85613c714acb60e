import { expect, test } from '@jest/globals';
import type { BindingModel } from '../engine/binding.ts';
import { readInputMarkers } from './input-markers.ts';

const [BEGIN, END, SEPARATOR, NONE] = [1, 2, 3, -1] as const;

type Vocabulary = { type: number; begins?: boolean; ends?: boolean; eos?: number; sep?: number };

function vocabulary({ type, begins = false, ends = false, eos = NONE, sep = NONE }: Vocabulary): BindingModel {
  const told: Partial<BindingModel> = {
    getVocabularyType: () => type,
    shouldPrependBosToken: () => begins,
    shouldAppendEosToken: () => ends,
    tokenBos: () => BEGIN,
    tokenEos: () => eos,
    sepToken: () => sep,
  };
  return told as BindingModel;
}

test('a BERT reads [CLS] query [SEP] document [SEP]', () => {
  const bert = vocabulary({ type: 3, begins: true, sep: SEPARATOR });
  expect(readInputMarkers(bert, undefined)).toEqual({ begin: [BEGIN], between: [SEPARATOR], end: [SEPARATOR] });
});

test('the RoBERTa family reads <s> query </s></s> document </s>', () => {
  const roberta = vocabulary({ type: 4, begins: true, ends: true, eos: END, sep: END });
  expect(readInputMarkers(roberta, true)).toEqual({ begin: [BEGIN], between: [END, END], end: [END] });
  expect(readInputMarkers(roberta, false).between).toEqual([END]);
});

test('a model without markers has none, and nothing to put between', () => {
  expect(readInputMarkers(vocabulary({ type: 2, eos: END }), undefined)).toEqual({ begin: [], between: [], end: [] });
});

test('one that only ends its inputs does that', () => {
  expect(readInputMarkers(vocabulary({ type: 2, ends: true, eos: END }), undefined)).toMatchObject({ begin: [], end: [END] });
});
