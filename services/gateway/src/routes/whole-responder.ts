import type { ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Exchange } from '../http/exchange.ts';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import { AnswerChoices } from '../inference/answer-choices.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import { profileHeader, type AnswerFormat } from './answer-format.ts';
import type { Responder } from './responder.ts';

type WholeResponderOptions = {
  readonly res: ServerResponse;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly format: AnswerFormat;
  /** How many choices there will be. */
  readonly choices: number;
};

/** Gathers the tokens and answers once, when all are there. */
export function createWholeResponder({ res, exchange, clock, format, choices: count }: WholeResponderOptions): Responder {
  const gathered = new AnswerChoices();
  return {
    delta: (text, index) => gathered.delta(text, index),
    detailed: (text, index, details) => gathered.detailed(text, index, details),
    choiceEnd: (index, reason) => gathered.choiceEnd(index, reason),
    flush: () => {},
    // An answer that comes in one piece has no room for news.
    queued: () => {},
    started: () => {},
    end: ({ end, usage }: GenerationResult) => {
      if (end.kind === 'finished') {
        const choices = gathered.finish(count, end.reason);
        const json = format.whole({ choices, usage, profile: end.profile });
        sendJson(res, exchange, { status: 200, json, headers: profileHeader(end.profile), clock });
      } else if (end.kind === 'failed') sendFault(res, exchange, { fault: end.fault, clock });
    },
  };
}
