import { Fault } from '@sluice/platform/fault';
import type { Chat } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import type { Tokenizer } from './tokenizer.ts';

export type PromptSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | ({ readonly kind: 'chat' } & ChatRequest);

export type PromptEncoder = (source: PromptSource) => Uint32Array;

/** Turns what a request holds into token ids. A text that cannot fit the context is refused before any work is spent on it. */
export function createPromptEncoder(model: { tokenizer: Tokenizer; chat: Chat | undefined; contextTokens: number }): PromptEncoder {
  const assertFits = createFitCheck(model);
  return (source) => {
    switch (source.kind) {
      case 'text':
        assertFits(source.text, 'prompt');
        return model.tokenizer.encode(source.text);
      case 'tokens':
        return checkedIds(source.ids, model.tokenizer.vocabularySize);
      case 'chat':
        return requireChat(model.chat).begin(source).prompt;
      default:
        return source satisfies never;
    }
  };
}

/** Throws a Fault for a text that has more tokens than the context, whatever they are. */
export function createFitCheck(model: { tokenizer: Tokenizer; contextTokens: number }): (text: string, param: string) => void {
  const bytesMax = model.tokenizer.bytesPerTokenMax * model.contextTokens;
  return (text, param) => {
    const bytes = Buffer.byteLength(text);
    if (bytes <= bytesMax) return;
    const tokensAtLeast = Math.ceil(bytes / model.tokenizer.bytesPerTokenMax);
    throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
      message: `This model's maximum context length is ${model.contextTokens} tokens. However, your prompt has at least ${tokensAtLeast} tokens. Please reduce the length of the prompt.`,
      param,
    });
  };
}

function requireChat(chat: Chat | undefined): Chat {
  if (chat) return chat;
  throw new Fault('INVALID_REQUEST', { message: 'This model has no chat template. Use /v1/completions.', param: 'messages' });
}

function checkedIds(ids: readonly number[], vocabularySize: number): Uint32Array {
  const wrong = ids.find((id) => id >= vocabularySize);
  if (wrong !== undefined)
    throw new Fault('INVALID_VALUE', {
      message: `Token id ${wrong} is outside the model's vocabulary of ${vocabularySize} tokens.`,
      param: 'prompt',
    });
  return Uint32Array.from(ids);
}
