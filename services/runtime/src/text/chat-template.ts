import { Template } from '@huggingface/jinja';
import { Fault } from '@sluice/platform/fault';

export type ChatMessage = {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: string;
};

export type ChatTemplate = {
  /** The prompt text, ready for the model to answer. Throws a Fault when the template refuses the messages. */
  render(chat: { messages: readonly ChatMessage[]; tools: unknown; extra: Record<string, unknown> }): string;
};

/** Compiles a model's Jinja template once. */
export function compileChatTemplate(source: string, markers: { bosText: string; eosText: string }): ChatTemplate {
  const template = new Template(source);
  return {
    render({ messages, tools, extra }) {
      try {
        return template.render({
          ...extra,
          messages,
          tools: Array.isArray(tools) && tools.length > 0 ? tools : undefined,
          add_generation_prompt: true,
          bos_token: markers.bosText,
          eos_token: markers.eosText,
        });
      } catch (error) {
        // Also what a template says with raise_exception, e.g. "Conversation roles must alternate".
        throw new Fault('INVALID_VALUE', {
          message: `The model's chat template refuses these messages: ${messageOf(error)}`,
          param: 'messages',
          cause: error,
        });
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown error';
}
