import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import type { StopReason } from '../../inference/stop-reason.ts';
import { ownFields, type AnswerFormat, type AnswerHead } from '../answer-format.ts';
import { toOpenAiUsage } from '../openai-usage.ts';
import { LegacyLogprobs } from './legacy-logprobs.ts';

/** `text_completion`, whole and as the chunks of a stream, which bear the same name. */
export function completionFormat({ idSuffix, createdUnixS, model, hasLogprobs, includesUsage }: AnswerHead): AnswerFormat {
  const head = { id: `cmpl-${idSuffix}`, object: 'text_completion', created: createdUnixS, model, system_fingerprint: null };
  const prefix = `data: ${JSON.stringify(head).slice(0, -1)},"choices":`;
  const suffix = includesUsage ? ',"usage":null}\n\n' : '}\n\n';
  const deltaPrefix = `${prefix}[{"text":`;
  const deltaSuffixOf = (index: number): string => `,"index":${index},"logprobs":null,"finish_reason":null}]${suffix}`;
  const deltaSuffix = deltaSuffixOf(0);
  const logprobsByChoice: LegacyLogprobs[] = [];
  const choiceEnd = (index: number, reason: StopReason, own: string): string =>
    `${prefix}[{"text":"","index":${index},"logprobs":null,"finish_reason":"${reason}"}]${own}${suffix}`;
  return {
    streamContentType: 'text/event-stream',
    whole: ({ choices, usage, profile }) =>
      JSON.stringify({
        ...head,
        choices: choices.map(({ text, logprobs, reason }, index) => ({
          text,
          index,
          logprobs: hasLogprobs ? new LegacyLogprobs().take(logprobs) : null,
          finish_reason: reason,
        })),
        usage: toOpenAiUsage(usage),
        ...ownFields(profile),
      }),
    opening: () => '',
    delta: (text, index) => deltaPrefix + JSON.stringify(text) + (index === 0 ? deltaSuffix : deltaSuffixOf(index)),
    detailed: (text, index, details) => {
      if (text === '' && details.logprobs.length === 0) return '';
      const ofChoice = (logprobsByChoice[index] ??= new LegacyLogprobs());
      const logprobs = details.logprobs.length > 0 ? ofChoice.take(details.logprobs) : null;
      return `${prefix}${JSON.stringify([{ text, index, logprobs, finish_reason: null }])}${suffix}`;
    },
    choiceEnd: (index, reason) => choiceEnd(index, reason, ''),
    closing: ({ ends, usage, profile }) => {
      const own = profile === '' ? '' : `,${JSON.stringify(ownFields(profile)).slice(1, -1)}`;
      const last = ends.map(({ index, reason }) => choiceEnd(index, reason, own)).join('');
      return includesUsage ? `${last}${prefix}[],"usage":${JSON.stringify(toOpenAiUsage(usage))}${own}}\n\n` : last;
    },
    failure: (fault) =>
      `${prefix}[{"text":"","index":0,"logprobs":null,"finish_reason":"error"}],"error":${JSON.stringify(toOpenAiErrorBody(fault).error)}}\n\n`,
  };
}
