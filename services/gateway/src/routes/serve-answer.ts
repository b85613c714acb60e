import { abortOnDisconnect } from '../http/disconnect-signal.ts';
import type { InFlight } from '../http/in-flight.ts';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import type { Answer } from '../inference/answer-job.ts';
import { askWorker, type AskDeps } from '../inference/ask-worker.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import { NO_USAGE } from '../inference/token-usage.ts';
import { readJob, type Call, type ReadJobDeps } from './read-job.ts';
import type { AnswerRoute } from './route.ts';
import { runMetered, type MeterDeps } from './run-metered.ts';

export type ServeAnswerDeps = ReadJobDeps & MeterDeps & { readonly asking: AskDeps; readonly inFlight: Pick<InFlight, 'enter'> };

/** Serves a metered route whose answer comes in one piece: check, admit, ask, settle, answer. */
export async function serveAnswer(deps: ServeAnswerDeps, route: AnswerRoute, call: Call): Promise<void> {
  const { res, key } = call;
  const { exchange } = res.locals;
  const read = await readJob(deps, route, call);
  if (!read) return;
  const { job, asked, body, bodyBytes } = read;
  const controller = abortOnDisconnect(res);
  const leave = deps.inFlight.enter(controller);
  let answer: Answer | undefined;
  try {
    const { end } = await runMetered(deps, {
      exchange,
      key,
      endpoint: route.scope,
      asked,
      maxTokens: 0,
      answers: 0,
      prompts: job.prompts,
      ...(job.markerTokensMax === undefined ? {} : { markerTokensMax: job.markerTokensMax }),
      bodyBytes: job.promptBytes ?? bodyBytes,
      body,
      signal: controller.signal,
      onQueued: () => {},
      run: async ({ totalTokensMax, contextTokensMax: inputTokensMax }) => {
        const { outcome, ...worker } = await askWorker(deps.asking, {
          model: asked.model,
          task: job.task,
          ask: (calls, limits) =>
            job.ask(calls, { requestId: exchange.requestId, model: asked.model, totalTokensMax, inputTokensMax, limits }),
          signal: controller.signal,
        });
        if (outcome.kind !== 'answered') return { ...worker, end: outcome, usage: NO_USAGE, queuedMs: undefined };
        ({ answer } = outcome);
        return { ...worker, end: { kind: 'answered' }, usage: usageOf(answer), queuedMs: undefined };
      },
    });
    if (answer) sendJson(res, exchange, { status: 200, json: await answer.toJson(), clock: deps.clock });
    else if (end.kind === 'failed') sendFault(res, exchange, { fault: end.fault, clock: deps.clock });
  } finally {
    leave();
  }
}

function usageOf({ promptTokens }: Answer): GenerationResult['usage'] {
  return { ...NO_USAGE, promptTokens };
}
