import { Fault } from '@sluice/platform/fault';
import type { DetokenizeRequest__Output } from '@sluice/proto/v1/DetokenizeRequest';
import type { DetokenizeResponse } from '@sluice/proto/v1/DetokenizeResponse';
import type { TokenizeRequest__Output } from '@sluice/proto/v1/TokenizeRequest';
import type { TokenizeResponse } from '@sluice/proto/v1/TokenizeResponse';
import type { Generating, Ready, Vectoring } from '../models/model-state.ts';
import { concatenateTokens } from '../text/concatenate-tokens.ts';
import type { PromptSource } from '../text/prompt.ts';
import { toPromptSource } from './to-generation.ts';

type Options = Pick<TokenizeRequest__Output, 'withoutMarkers' | 'withoutGenerationPrompt'>;

/** What the model would read of a text or a chat. Throws a Fault for what it cannot read. */
export async function tokenize(ready: Ready, request: TokenizeRequest__Output): Promise<TokenizeResponse> {
  const source = toPromptSource(request.prompt);
  const tokens = ready.task === 'generate' ? await readPrompt(ready, source, request) : await readInput(ready, source, request);
  return { tokenIds: Array.from(tokens), contextTokensMax: ready.model.engine.contextTokens };
}

/** The text that token ids stand for, markers written out. */
export function detokenize({ model }: Ready, { tokenIds }: DetokenizeRequest__Output): DetokenizeResponse {
  const { vocabularySize } = model.tokenizer;
  const { contextTokens } = model.engine;
  if (tokenIds.length > contextTokens) {
    throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
      message: `This model's maximum context length is ${contextTokens} tokens. However, there are ${tokenIds.length} 'tokens'. Please send fewer.`,
      param: 'tokens',
    });
  }
  const wrong = tokenIds.find((id) => id >= vocabularySize);
  if (wrong === undefined) return { text: model.tokenizer.decode(Uint32Array.from(tokenIds)) };
  throw new Fault('INVALID_VALUE', {
    message: `Token id ${wrong} is outside the model's vocabulary of ${vocabularySize} tokens.`,
    param: 'tokens',
  });
}

async function readPrompt(
  { model }: Generating,
  source: PromptSource,
  { withoutMarkers, withoutGenerationPrompt }: Options,
): Promise<Uint32Array> {
  if (source.kind === 'chat') {
    const { extra } = source;
    return model.encodePromptInTurns(withoutGenerationPrompt ? { ...source, extra: { ...extra, add_generation_prompt: false } } : source);
  }
  const tokens = await model.encodePromptInTurns(source);
  if (source.kind === 'tokens' || !withoutMarkers) return tokens;
  const { tokenizer } = model;
  // A text that has the marker itself got no second one.
  const isItsOwn = tokenizer.bosText !== '' && source.text.startsWith(tokenizer.bosText);
  return isItsOwn ? tokens : tokens.subarray(tokenizer.encode('').length);
}

async function readInput({ model }: Vectoring, source: PromptSource, { withoutMarkers }: Options): Promise<Uint32Array> {
  if (source.kind === 'chat') {
    throw new Fault('INVALID_REQUEST', { message: 'This model has no chat template. Send a text as `prompt`.', param: 'messages' });
  }
  if (source.kind === 'tokens') return Uint32Array.from(source.ids);
  const tokens = await model.encoder.encode(source.text, { param: 'prompt', parsesSpecial: true });
  const { begin, end } = model.markers;
  return withoutMarkers ? tokens : concatenateTokens([begin, tokens, end]);
}
