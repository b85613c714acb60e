import type { Clock } from '@sluice/platform/clock';
import type { Request } from 'express';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import type { Admit } from '../admission/admission.ts';
import { abortOnDisconnect } from '../http/disconnect-signal.ts';
import type { Exchange } from '../http/exchange.ts';
import type { InFlight } from '../http/in-flight.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import { generate, type GenerateDeps } from '../inference/generate.ts';
import type { GenerationJob } from '../inference/generation-job.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import { NO_USAGE } from '../inference/token-usage.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { WorkerPool } from '../routing/worker-pool.ts';
import type { Responder } from './responder.ts';
import type { MeteredRoute } from './route.ts';
import { StreamResponder, type StreamTimings } from './stream-responder.ts';
import { meterTokens } from './token-meter.ts';
import { createWholeResponder } from './whole-responder.ts';

/** What the runtime may keep a request waiting for a slot. */
const QUEUE_MS_MAX = 120_000;

export type ServeDeps = {
  readonly admit: Admit;
  readonly pool: Pick<WorkerPool, 'requireKnown'>;
  readonly generation: GenerateDeps;
  readonly inFlight: Pick<InFlight, 'enter'>;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly streamTimings: StreamTimings;
};

/** Serves a metered route: check, admit, generate, settle, answer. Resolves when the worker is done with the request, which may be after the client left. */
export async function serveGeneration(
  deps: ServeDeps,
  route: MeteredRoute,
  call: { req: Request; res: GatewayResponse; key: KeySnapshot },
): Promise<void> {
  const { req, res, key } = call;
  const { exchange } = res.locals;
  const job = route.parse(await readJsonBody(req));
  exchange.model = job.model;
  exchange.isStream = job.isStream;
  deps.pool.requireKnown(job.model);
  const admission = await deps.admit({
    requestId: exchange.requestId,
    key,
    endpoint: route.scope,
    model: job.model,
    maxTokens: job.request.stopping?.maxTokens,
  });
  if (!admission.ok) throw admission.fault;

  let run: Run | undefined;
  try {
    run = await runJob(deps, { route, job, res });
  } finally {
    // Settled before the last byte: a client that got its answer must find its capacity free again.
    await admission.permit.settle(run?.result.usage ?? NO_USAGE);
  }
  run.responder.end(run.result);
}

type Run = { readonly responder: Responder; readonly result: GenerationResult };

async function runJob(deps: ServeDeps, options: { route: MeteredRoute; job: GenerationJob; res: GatewayResponse }): Promise<Run> {
  const { job, res } = options;
  const { exchange } = res.locals;
  const controller = abortOnDisconnect(res);
  const responder = createResponder(deps, { ...options, abort: () => controller.abort() });
  const leave = deps.inFlight.enter(controller);
  try {
    const result = await generate(deps.generation, {
      model: job.model,
      request: toRequest(job, exchange),
      sink: meterTokens(responder, { exchange, clock: deps.clock, metrics: deps.metrics }),
      signal: controller.signal,
    });
    exchange.generation = result;
    return { responder, result };
  } finally {
    leave();
  }
}

function createResponder(
  deps: ServeDeps,
  options: { route: MeteredRoute; job: GenerationJob; res: GatewayResponse; abort: () => void },
): Responder {
  const { route, job, res, abort } = options;
  const { clock, streamTimings: timings } = deps;
  const { exchange } = res.locals;
  const format = route.format({
    idSuffix: exchange.requestId.slice('req_'.length),
    createdUnixS: Math.floor(exchange.arrivedAt.getTime() / 1_000),
    model: job.model,
    includesUsage: job.includesUsage,
  });
  if (!job.isStream) return createWholeResponder({ res, exchange, clock, format });
  deps.metrics.activeStreams.inc();
  res.on('close', () => deps.metrics.activeStreams.dec());
  return new StreamResponder({ res, exchange, clock, format, timings, abort });
}

function toRequest(job: GenerationJob, exchange: Exchange) {
  return {
    ...job.request,
    requestId: exchange.requestId,
    model: job.model,
    queueTimeoutMs: QUEUE_MS_MAX,
    traceParent: exchange.traceParent ?? '',
  };
}
