import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import type { ToolCallDelta__Output } from '@sluice/proto/v1/ToolCallDelta';
import type { FinishedChoice } from '../../inference/answer-choices.ts';
import type { StopReason } from '../../inference/stop-reason.ts';
import { ownFields, type AnswerFormat, type AnswerHead } from '../answer-format.ts';
import { toOpenAiUsage } from '../openai-usage.ts';
import { toChatLogprobs } from './logprobs.ts';

/** `chat.completion` and `chat.completion.chunk`. What is the same in every chunk is written once a stream. */
export function chatCompletionFormat(head: AnswerHead): AnswerFormat {
  const { createdUnixS, model, includesUsage } = head;
  const id = `chatcmpl-${head.idSuffix}`;
  const chunkHead = {
    id,
    object: 'chat.completion.chunk',
    created: createdUnixS,
    model,
    service_tier: 'default',
    system_fingerprint: null,
  };
  const prefix = `data: ${JSON.stringify(chunkHead).slice(0, -1)},"choices":`;
  const suffix = includesUsage ? ',"usage":null}\n\n' : '}\n\n';
  const deltaPrefixOf = (index: number): string => `${prefix}[{"index":${index},"delta":{"content":`;
  const deltaPrefix = deltaPrefixOf(0);
  const deltaSuffix = `},"finish_reason":null}]${suffix}`;
  const choiceEnd = (index: number, reason: StopReason, own: object): string => {
    const choice = JSON.stringify([{ index, delta: {}, finish_reason: reason }]);
    return `${prefix}${choice}${fieldsOf(own)}${suffix}`;
  };
  return {
    streamContentType: 'text/event-stream; charset=utf-8',
    whole: ({ choices, usage, profile }) =>
      JSON.stringify({
        id,
        object: 'chat.completion',
        created: createdUnixS,
        model,
        choices: choices.map((choice, index) => ({
          index,
          message: toMessage(choice),
          logprobs: head.hasLogprobs ? toChatLogprobs(choice.logprobs) : null,
          finish_reason: choice.reason,
        })),
        usage: toOpenAiUsage(usage),
        service_tier: 'default',
        system_fingerprint: null,
        ...ownFields(profile),
      }),
    opening: () => {
      let events = '';
      for (let index = 0; index < head.choices; index++)
        events += `${prefix}[{"index":${index},"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]${suffix}`;
      return events;
    },
    delta: (text, index) => (index === 0 ? deltaPrefix : deltaPrefixOf(index)) + JSON.stringify(text) + deltaSuffix,
    detailed: (text, index, details) => {
      const delta = toDelta(text, details);
      const logprobs = details.logprobs.length > 0 ? { logprobs: toChatLogprobs(details.logprobs) } : undefined;
      if (!logprobs && Object.keys(delta).length === 0) return '';
      return `${prefix}${JSON.stringify([{ index, delta, ...logprobs, finish_reason: null }])}${suffix}`;
    },
    choiceEnd: (index, reason) => choiceEnd(index, reason, {}),
    closing: ({ ends, usage, profile }) => {
      const own = ownFields(profile);
      const last = ends.map(({ index, reason }) => choiceEnd(index, reason, own)).join('');
      return includesUsage ? `${last}${prefix}[],"usage":${JSON.stringify(toOpenAiUsage(usage))}${fieldsOf(own)}}\n\n` : last;
    },
    failure: (fault) =>
      `${prefix}[{"index":0,"delta":{},"finish_reason":"error"}],"error":${JSON.stringify(toOpenAiErrorBody(fault).error)}}\n\n`,
  };
}

/** `reasoning_content` and `tool_calls` stand only where there are some; beside calls, no text is null. */
function toMessage({ text, reasoning, toolCalls }: FinishedChoice) {
  return {
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    refusal: null,
    annotations: [],
    ...(toolCalls.length === 0
      ? {}
      : { tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({ id, type: 'function', function: { name, arguments: args } })) }),
  };
}

function toDelta(text: string, { reasoning, toolCalls }: DeltaDetails__Output) {
  return {
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(text === '' ? {} : { content: text }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toToolCallDelta) }),
  };
}

/** The first of a call says which it is; SDKs want `arguments` there, too. */
function toToolCallDelta({ index, id, name, arguments: args }: ToolCallDelta__Output) {
  if (id === '' && name === '') return { index, function: { arguments: args } };
  return { index, id, type: 'function', function: { name, arguments: args } };
}

/** To be put into an object that is being written: `,"a":1`. */
function fieldsOf(fields: object): string {
  const json = JSON.stringify(fields).slice(1, -1);
  return json === '' ? '' : `,${json}`;
}
