import { captureOutput } from '../history/content-capture.ts';
import { abortOnDisconnect } from '../http/disconnect-signal.ts';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import type { InFlight } from '../http/in-flight.ts';
import type { GenerateDeps } from '../inference/generate.ts';
import { generateEach } from '../inference/generate-each.ts';
import { countAnswers, type GenerationJob } from '../inference/generation-job.ts';
import { fullNameOf, type AskedModel } from '../keys/asked-model.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { nameAsAsked } from './name-as-asked.ts';
import { readJob, type Call, type ReadJobDeps } from './read-job.ts';
import type { Responder } from './responder.ts';
import type { MeteredRoute } from './route.ts';
import { runMetered, type MeterDeps } from './run-metered.ts';
import { StreamResponder, type StreamTimings } from './stream-responder.ts';
import { toWorkerRequest } from './to-worker-request.ts';
import { meterTokens } from './token-meter.ts';
import { createWholeResponder } from './whole-responder.ts';

export type ServeDeps = ReadJobDeps &
  MeterDeps & {
    readonly generation: GenerateDeps;
    readonly inFlight: Pick<InFlight, 'enter'>;
    readonly metrics: GatewayMetrics;
    readonly streamTimings: StreamTimings;
  };

/** Serves a metered route: check, admit, generate, settle, answer. Resolves when the worker is done with the request, which may be after the client left. */
export async function serveGeneration(deps: ServeDeps, route: MeteredRoute, call: Call): Promise<void> {
  const { res, key } = call;
  const { exchange } = res.locals;
  const read = await readJob(deps, route, call);
  if (!read) return;
  const { job, asked, body, bodyBytes } = read;
  const count = countAnswers(job);
  const controller = abortOnDisconnect(res);
  const responder = createResponder(deps, { route, job, asked, res, abort: () => controller.abort() });
  const leave = deps.inFlight.enter(controller);
  try {
    const result = await runMetered(deps, {
      exchange,
      key,
      endpoint: route.scope,
      asked,
      maxTokens: job.request.stopping?.maxTokens,
      answers: count.generated,
      prompts: count.prompts,
      bodyBytes,
      body,
      signal: controller.signal,
      onQueued: (position) => responder.queued(position),
      run: (permit) =>
        generateEach(deps.generation, {
          model: asked.model,
          request: toWorkerRequest(job, { asked, exchange, permit }),
          queueDeadlineAtMs: permit.queueDeadlineAtMs,
          morePrompts: job.morePrompts ?? [],
          answers: count.perPrompt,
          totalTokensMax: permit.totalTokensMax,
          contextTokensMax: permit.contextTokensMax,
          requestBytes: bodyBytes,
          sink: captureOutput(meterTokens(responder, { exchange, clock: deps.clock, metrics: deps.metrics }), exchange),
          signal: controller.signal,
        }),
    });
    responder.end(nameAsAsked(result, job));
  } finally {
    leave();
  }
}

function createResponder(
  deps: ServeDeps,
  options: { route: MeteredRoute; job: GenerationJob; asked: AskedModel; res: GatewayResponse; abort: () => void },
): Responder {
  const { route, job, asked, res, abort } = options;
  const { clock, streamTimings: timings } = deps;
  const { exchange } = res.locals;
  const { answered: choices } = countAnswers(job);
  const format = route.format({
    idSuffix: exchange.requestId.slice('req_'.length),
    createdUnixS: Math.floor(exchange.arrivedAt.getTime() / 1_000),
    model: fullNameOf(asked),
    choices,
    hasLogprobs: job.request.logprobs !== undefined,
    includesUsage: job.includesUsage,
  });
  if (!job.isStream) return createWholeResponder({ res, exchange, clock, format, choices });
  deps.metrics.activeStreams.inc();
  res.on('close', () => deps.metrics.activeStreams.dec());
  return new StreamResponder({ res, exchange, clock, format, timings, choices, abort });
}
