import { Fault } from '@sluice/platform/fault';
import { type CallStyle, findCallStyle, toTemplateMessages } from './call-style.ts';
import type { HistoryMessage } from './chat-history.ts';
import { SparedTemplate, type TemplateEngine } from './spared-template.ts';
import { BARE_TOOL, describeAll } from './template-tools.ts';

export type TemplateInput = {
  readonly messages: readonly HistoryMessage[];
  /** In OpenAI's form; empty where the model is to see none. */
  readonly tools: readonly object[];
  readonly extra: Record<string, unknown>;
};

export type ChatTemplate = {
  readonly source: string;
  /** The prompt text, ready for the model to answer. Throws a Fault when the template refuses the messages. */
  render(chat: TemplateInput): string;
};

/** Some templates look for the tools in the system's message. */
const TOOLS_IN_MESSAGE = /'tools' in message|message\[['"]tools['"]\]|message\.tools\b/;

export type TemplateOptions = {
  readonly bosText: string;
  readonly eosText: string;
  /** Another engine for the same source: it writes what the first one cannot. May throw. */
  readonly spare?: () => TemplateEngine;
};

/** Compiles a model's Jinja template once. */
export function compileChatTemplate(source: string, options: TemplateOptions): ChatTemplate {
  const template = new SparedTemplate(source, options.spare);
  const hasToolsInMessage = TOOLS_IN_MESSAGE.test(source);
  const write = (messages: readonly object[], tools: readonly object[], extra: Record<string, unknown>): string =>
    template.render({
      add_generation_prompt: true,
      ...extra,
      messages: hasToolsInMessage && tools.length > 0 ? withTools(messages, tools) : messages,
      tools: tools.length > 0 ? tools : undefined,
      bos_token: options.bosText,
      eos_token: options.eosText,
    });
  // Found out by trying, once they are needed.
  let toolForm: ((tool: object) => object) | undefined;
  const formTools = (tools: readonly object[]): readonly object[] => {
    if (tools.length === 0) return tools;
    toolForm ??= canWrite(() => write([{ role: 'user', content: 'Probe.' }], [BARE_TOOL], {})) ? (tool) => tool : describeAll;
    return tools.map(toolForm);
  };
  let style: CallStyle | undefined;
  const formMessages = (messages: readonly HistoryMessage[]): readonly object[] => {
    const hasCalls = messages.some(({ calls, tool_call_id: answered }) => calls.length > 0 || answered !== undefined);
    if (!hasCalls) return toTemplateMessages(messages, PLAIN);
    style ??= findCallStyle((probe) => write(probe, formTools([BARE_TOOL]), {}));
    return toTemplateMessages(messages, style);
  };
  return {
    source,
    render({ messages, tools, extra }) {
      try {
        return write(formMessages(messages), formTools(tools), extra);
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

const PLAIN: CallStyle = { argumentsAre: 'text', noContent: '', hasShortIds: false };

function canWrite(write: () => string): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

function withTools(messages: readonly object[], tools: readonly object[]): readonly object[] {
  const [first, ...others] = messages;
  const text = JSON.stringify(tools.map((tool) => Reflect.get(tool, 'function') as unknown));
  const isSystem = first !== undefined && Reflect.get(first, 'role') === 'system';
  return isSystem ? [{ ...first, tools: text }, ...others] : [{ role: 'system', content: '', tools: text }, ...messages];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown error';
}
