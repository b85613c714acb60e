import { Fault } from '@sluice/platform/fault';
import { concatenateTokens } from '../text/concatenate-tokens.ts';
import type { VectorModel } from '../vectors/vector-model.ts';

/** Puts one query together with a document after the other. */
export type PairEncoder = (document: string, param: string) => Promise<Uint32Array>;

const PLACEHOLDERS = /(\{\{?query\}?\}|\{\{?document\}?\})/;

/** Neither the query nor a document can write the model's control tokens; its template can. */
export async function createPairEncoder(
  model: Pick<VectorModel, 'encoder' | 'markers' | 'pairTemplate'>,
  query: string,
): Promise<PairEncoder> {
  const { encoder, markers, pairTemplate } = model;
  const queryTokens = await encoder.encode(query, { param: 'query', parsesSpecial: false });
  if (queryTokens.length === 0) throw empty('query');
  const encodeDocument = async (document: string, param: string): Promise<Uint32Array> => {
    const tokens = await encoder.encode(document, { param, parsesSpecial: false });
    if (tokens.length === 0) throw empty(param);
    return tokens;
  };
  if (pairTemplate === undefined) {
    return async (document, param) =>
      concatenateTokens([markers.begin, queryTokens, markers.between, await encodeDocument(document, param), markers.end]);
  }
  const pieces = await Promise.all(
    pairTemplate.split(PLACEHOLDERS).map(async (text) => {
      if (PLACEHOLDERS.test(text)) return text.includes('query') ? queryTokens : undefined;
      return encoder.encode(text, { param: 'query', parsesSpecial: true });
    }),
  );
  return async (document, param) => {
    const documentTokens = await encodeDocument(document, param);
    return concatenateTokens(pieces.map((piece) => piece ?? documentTokens));
  };
}

function empty(param: string): Fault {
  return new Fault('INVALID_VALUE', { message: `Invalid '${param}': text cannot be empty.`, param });
}
