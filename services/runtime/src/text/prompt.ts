import { Fault } from '@sluice/platform/fault';
import type { ChatMessage, ChatTemplate } from './chat-template.ts';
import type { Tokenizer } from './tokenizer.ts';

export type PromptSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[]; readonly tools: unknown; readonly extra: Record<string, unknown> };

export type PromptEncoder = (source: PromptSource) => Uint32Array;

/** Turns what a request holds into token ids. A text that cannot fit the context is refused before any work is spent on it. */
export function createPromptEncoder(model: {
  tokenizer: Tokenizer;
  template: ChatTemplate | undefined;
  contextTokens: number;
}): PromptEncoder {
  const bytesMax = model.tokenizer.bytesPerTokenMax * model.contextTokens;
  const encode = (text: string, param: string): Uint32Array => {
    const bytes = Buffer.byteLength(text);
    if (bytes <= bytesMax) return model.tokenizer.encode(text);
    const tokensAtLeast = Math.ceil(bytes / model.tokenizer.bytesPerTokenMax);
    throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
      message: `This model's maximum context length is ${model.contextTokens} tokens. However, your prompt has at least ${tokensAtLeast} tokens. Please reduce the length of the prompt.`,
      param,
    });
  };
  return (source) => {
    switch (source.kind) {
      case 'text':
        return encode(source.text, 'prompt');
      case 'tokens':
        return checkedIds(source.ids, model.tokenizer.vocabularySize);
      case 'chat':
        return encode(requireTemplate(model.template).render(source), 'messages');
      default:
        return source satisfies never;
    }
  };
}

function requireTemplate(template: ChatTemplate | undefined): ChatTemplate {
  if (template) return template;
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
