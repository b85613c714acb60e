import { Fault } from '@sluice/platform/fault';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';

/** How many answers are generated, and how many of them are given: the likeliest. */
export type Answers = { readonly generated: number; readonly answered: number };

/** OpenAI's limit. */
const ANSWERS_MAX = 128;

/** Throws a Fault for numbers that make no sense. */
export function toAnswers({ n, bestOf }: Pick<GenerateRequest__Output, 'n' | 'bestOf'>): Answers {
  const answered = n === 0 ? 1 : n;
  const generated = bestOf === 0 ? answered : bestOf;
  if (generated < answered) {
    throw new Fault('INVALID_VALUE', {
      message: `Invalid 'best_of': it must not be less than 'n', which is ${answered}.`,
      param: 'best_of',
    });
  }
  if (generated > ANSWERS_MAX) {
    const param = bestOf === 0 ? 'n' : 'best_of';
    throw new Fault('INTEGER_ABOVE_MAX_VALUE', { message: `Invalid '${param}': at most ${ANSWERS_MAX} answers can be generated.`, param });
  }
  return { generated, answered };
}
