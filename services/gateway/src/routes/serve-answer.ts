import { abortOnDisconnect } from '../http/disconnect-signal.ts';
import type { InFlight } from '../http/in-flight.ts';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import type { Answer } from '../inference/answer-job.ts';
import { abandonable } from '../inference/abandonable.ts';
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
        const { requestId } = exchange;
        const { signal } = controller;
        const { outcome, spentTokens, ...worker } = await askWorker(deps.asking, {
          model: asked.model,
          task: job.task,
          ask: (calls, { deadlineMs }) =>
            abandonable(
              (cut) =>
                job.ask(calls, { requestId, model: asked.model, totalTokensMax, inputTokensMax, limits: { deadlineMs, signal: cut } }),
              { signal, abandon: (limits) => calls.abandon({ requestId }, limits) },
            ),
          signal,
        });
        if (outcome.kind !== 'answered') return { ...worker, end: outcome, usage: usageOf(spentTokens), queuedMs: undefined };
        ({ answer } = outcome);
        return { ...worker, end: { kind: 'answered' }, usage: usageOf(answer.promptTokens), queuedMs: undefined };
      },
    });
    // Whoever left after all was read has paid, and hears nothing.
    if (answer && res.closed) return;
    if (answer) sendJson(res, exchange, { status: 200, json: await answer.toJson(), clock: deps.clock });
    else if (end.kind === 'failed') sendFault(res, exchange, { fault: end.fault, clock: deps.clock });
  } finally {
    leave();
  }
}

function usageOf(promptTokens: number): GenerationResult['usage'] {
  return { ...NO_USAGE, promptTokens };
}
