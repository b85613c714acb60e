import { Fault } from '@sluice/platform/fault';
import type { Chat } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import type { PromptReader } from './prompt-reader.ts';
import type { Tokenizer } from './tokenizer.ts';

export type PromptSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | ({ readonly kind: 'chat' } & ChatRequest);

/** Turns what a request holds into token ids. A text that cannot fit the context is refused before any work is spent on it. */
export type PromptEncoder = (source: PromptSource) => Uint32Array;

/** The same for what nobody waits for: other work of the process gets its turn in between. */
export type PatientEncoder = (source: PromptSource) => Promise<Uint32Array>;

type Model = { readonly tokenizer: Pick<Tokenizer, 'vocabularySize'>; readonly chat: Chat | undefined; readonly reader: PromptReader };

export function createPromptEncoder({ tokenizer, chat, reader }: Model): PromptEncoder {
  return (source) => {
    switch (source.kind) {
      case 'text':
        reader.assertFits(source.text, 'prompt');
        return reader.read([source.text], 'prompt');
      case 'tokens':
        return checkedIds(source.ids, tokenizer.vocabularySize);
      case 'chat':
        return requireChat(chat).begin(source).prompt;
      default:
        return source satisfies never;
    }
  };
}

export function createPatientEncoder({ tokenizer, chat, reader }: Model): PatientEncoder {
  return async (source) => {
    switch (source.kind) {
      case 'text':
        reader.assertFits(source.text, 'prompt');
        return reader.readInTurns([source.text], 'prompt');
      case 'tokens':
        return checkedIds(source.ids, tokenizer.vocabularySize);
      case 'chat':
        return reader.readInTurns(requireChat(chat).write(source), 'messages');
      default:
        return source satisfies never;
    }
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
