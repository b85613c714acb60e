import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import type { AnswerFormat, AnswerHead } from '../answer-format.ts';
import { toOpenAiUsage } from '../openai-usage.ts';

/** `text_completion`, whole and as the chunks of a stream, which bear the same name. */
export function completionFormat({ idSuffix, createdUnixS, model, includesUsage }: AnswerHead): AnswerFormat {
  const head = { id: `cmpl-${idSuffix}`, object: 'text_completion', created: createdUnixS, model, system_fingerprint: null };
  const prefix = `data: ${JSON.stringify(head).slice(0, -1)},"choices":`;
  const suffix = includesUsage ? ',"usage":null}\n\n' : '}\n\n';
  const deltaPrefix = `${prefix}[{"text":`;
  const deltaSuffix = `,"index":0,"logprobs":null,"finish_reason":null}]${suffix}`;
  return {
    streamContentType: 'text/event-stream',
    whole: ({ text, reason, usage }) =>
      JSON.stringify({ ...head, choices: [{ text, index: 0, logprobs: null, finish_reason: reason }], usage: toOpenAiUsage(usage) }),
    opening: () => '',
    delta: (text) => deltaPrefix + JSON.stringify(text) + deltaSuffix,
    closing: ({ reason, usage }) => {
      const last = `${prefix}[{"text":"","index":0,"logprobs":null,"finish_reason":"${reason}"}]${suffix}`;
      return includesUsage ? `${last}${prefix}[],"usage":${JSON.stringify(toOpenAiUsage(usage))}}\n\n` : last;
    },
    failure: (fault) =>
      `${prefix}[{"text":"","index":0,"logprobs":null,"finish_reason":"error"}],"error":${JSON.stringify(toOpenAiErrorBody(fault).error)}}\n\n`,
  };
}
