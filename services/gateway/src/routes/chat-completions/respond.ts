import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import type { AnswerFormat, AnswerHead } from '../answer-format.ts';
import { toOpenAiUsage } from '../openai-usage.ts';

/** `chat.completion` and `chat.completion.chunk`. What is the same in every chunk is written once a stream. */
export function chatCompletionFormat({ idSuffix, createdUnixS, model, includesUsage }: AnswerHead): AnswerFormat {
  const id = `chatcmpl-${idSuffix}`;
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
  const deltaPrefix = `${prefix}[{"index":0,"delta":{"content":`;
  const deltaSuffix = `},"finish_reason":null}]${suffix}`;
  return {
    streamContentType: 'text/event-stream; charset=utf-8',
    whole: ({ text, reason, usage }) =>
      JSON.stringify({
        id,
        object: 'chat.completion',
        created: createdUnixS,
        model,
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text, refusal: null, annotations: [] },
            logprobs: null,
            finish_reason: reason,
          },
        ],
        usage: toOpenAiUsage(usage),
        service_tier: 'default',
        system_fingerprint: null,
      }),
    opening: () => `${prefix}[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]${suffix}`,
    delta: (text) => deltaPrefix + JSON.stringify(text) + deltaSuffix,
    closing: ({ reason, usage }) => {
      const last = `${prefix}[{"index":0,"delta":{},"finish_reason":"${reason}"}]${suffix}`;
      return includesUsage ? `${last}${prefix}[],"usage":${JSON.stringify(toOpenAiUsage(usage))}}\n\n` : last;
    },
    failure: (fault) =>
      `${prefix}[{"index":0,"delta":{},"finish_reason":"error"}],"error":${JSON.stringify(toOpenAiErrorBody(fault).error)}}\n\n`,
  };
}
