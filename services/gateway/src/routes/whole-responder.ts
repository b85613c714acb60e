import type { ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Exchange } from '../http/exchange.ts';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import type { AnswerFormat } from './answer-format.ts';
import type { Responder } from './responder.ts';

/** Gathers the tokens and answers once, when all are there. */
export function createWholeResponder(options: { res: ServerResponse; exchange: Exchange; clock: Clock; format: AnswerFormat }): Responder {
  const { res, exchange, clock, format } = options;
  let text = '';
  return {
    delta: (piece) => {
      text += piece;
    },
    flush: () => {},
    // An answer that comes in one piece has no room for news.
    queued: () => {},
    end: ({ end, usage }: GenerationResult) => {
      if (end.kind === 'finished') sendJson(res, exchange, { status: 200, json: format.whole({ text, reason: end.reason, usage }), clock });
      else if (end.kind === 'failed') sendFault(res, exchange, { fault: end.fault, clock });
    },
  };
}
