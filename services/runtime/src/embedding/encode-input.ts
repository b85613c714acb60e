import { Fault } from '@sluice/platform/fault';
import type { Prompt__Output } from '@sluice/proto/v1/Prompt';
import { concatenateTokens } from '../text/concatenate-tokens.ts';
import type { VectorModel } from '../vectors/vector-model.ts';

/**
 * A text gets the tokens around it that the model was trained with. Token ids are read as they are: who sends ids says what
 * the model is to see, as with /tokenize, which adds them unless it is told not to.
 */
export async function encodeInput(
  model: Pick<VectorModel, 'encoder' | 'markers' | 'vocabularySize'>,
  input: Prompt__Output,
  param: string,
): Promise<Uint32Array> {
  if (input.tokenIds) return checkedIds(input.tokenIds.ids, model.vocabularySize, param);
  if (input.text === undefined) {
    throw new Fault('INVALID_TYPE', { message: `Invalid type for '${param}': expected a string or an array of token ids.`, param });
  }
  if (input.text === '') throw empty(param);
  const { begin, end } = model.markers;
  const tokens = await model.encoder.encode(input.text, { param, parsesSpecial: true });
  if (tokens.length === 0) throw empty(param);
  return concatenateTokens([begin, tokens, end]);
}

function checkedIds(ids: readonly number[], vocabularySize: number, param: string): Uint32Array {
  if (ids.length === 0) throw empty(param);
  const wrong = ids.find((id) => id >= vocabularySize);
  if (wrong === undefined) return Uint32Array.from(ids);
  throw new Fault('INVALID_VALUE', {
    message: `Token id ${wrong} is outside the model's vocabulary of ${vocabularySize} tokens.`,
    param,
  });
}

function empty(param: string): Fault {
  return new Fault('INVALID_VALUE', { message: `Invalid '${param}': input cannot be empty.`, param });
}
