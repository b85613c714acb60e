import { Fault } from '@sluice/platform/fault';
import { type CallStyle, findCallStyle, PLAIN, toTemplateMessages } from './call-style.ts';
import type { HistoryMessage } from './chat-history.ts';
import { SparedTemplate, type TemplateEngine } from './spared-template.ts';
import { BARE_TOOL, describeAll } from './template-tools.ts';
import type { CallWriter } from './tools/write-calls.ts';

export type TemplateInput = {
  readonly messages: readonly HistoryMessage[];
  /** In OpenAI's form; empty where the model is to see none. */
  readonly tools: readonly object[];
  readonly extra: Record<string, unknown>;
  /** For a template that has no place for calls. */
  readonly writeCalls: CallWriter;
};

export type ChatTemplate = {
  readonly source: string;
  /** The prompt text, ready for the model to answer. Throws a Fault when the template refuses the messages. */
  render(chat: TemplateInput): string;
  /** Whether it shows several calls of one message. Where it does not, a model that makes them cannot be told of them. */
  showsSeveralCalls(chat: { readonly hasTools: boolean; readonly writeCalls: CallWriter }): boolean;
  /** Whether it takes what the system says; some refuse it, or leave it out. */
  showsSystem(): boolean;
};

/** Some templates look for the tools in the system's message. */
const TOOLS_IN_MESSAGE = /'tools' in message|message\[['"]tools['"]\]|message\.tools\b/;

/** What gpt-oss and some others call thoughts. */
const THINKING = /\bmessage\.thinking\b/;

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
  const hasThinking = THINKING.test(source);
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
  const styles = new Map<boolean, CallStyle>();
  const styleOf = (hasTools: boolean, writeCalls: CallWriter): CallStyle => {
    const style = styles.get(hasTools) ?? findCallStyle((probe) => write(probe, formTools(hasTools ? [BARE_TOOL] : []), {}), writeCalls);
    styles.set(hasTools, style);
    return style;
  };
  const formMessages = ({ messages, tools, writeCalls }: TemplateInput): readonly object[] => {
    const hasCalls = messages.some(({ calls, tool_call_id: answered }) => calls.length > 0 || answered !== undefined);
    const known = hasThinking ? messages.map(withThinking) : messages;
    return toTemplateMessages(known, { style: hasCalls ? styleOf(tools.length > 0, writeCalls) : PLAIN, writeCalls });
  };
  let showsSystem: boolean | undefined;
  return {
    source,
    render(chat) {
      try {
        return write(formMessages(chat), formTools(chat.tools), chat.extra);
      } catch (error) {
        // Also what a template says with raise_exception, e.g. "Conversation roles must alternate".
        throw new Fault('INVALID_VALUE', {
          message: `The model's chat template refuses these messages: ${messageOf(error)}`,
          param: 'messages',
          cause: error,
        });
      }
    },
    showsSeveralCalls: ({ hasTools, writeCalls }) => styleOf(hasTools, writeCalls).hasSeveralCalls,
    showsSystem() {
      showsSystem ??= canWrite(() => assertShown(write(SYSTEM_PROBE, [], {})));
      return showsSystem;
    },
  };
}

const SYSTEM_PROBE = [
  { role: 'system', content: 'System probe.' },
  { role: 'user', content: 'Probe.' },
];

function assertShown(text: string): void {
  if (!text.includes('System probe.')) throw new Error('the system is not heard');
}

function canWrite(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

/** Thoughts before calls alone: those before answers are not shown again, and beside content they are refused. */
function withThinking(message: HistoryMessage): HistoryMessage & { readonly thinking?: string } {
  const { reasoning_content: thinking, content, calls } = message;
  return thinking === undefined || content !== '' || calls.length === 0 ? message : { ...message, thinking };
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
