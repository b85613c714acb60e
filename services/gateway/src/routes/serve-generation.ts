import { CODES } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import type { Admission, Permit } from '../admission/admission.ts';
import { captureInput, captureOutput } from '../history/content-capture.ts';
import { abortOnDisconnect } from '../http/disconnect-signal.ts';
import type { Exchange } from '../http/exchange.ts';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import type { InFlight } from '../http/in-flight.ts';
import type { GenerateDeps } from '../inference/generate.ts';
import { generateEach } from '../inference/generate-each.ts';
import { countAnswers, type GenerationJob } from '../inference/generation-job.ts';
import type { GenerationEnd, GenerationResult } from '../inference/generation-result.ts';
import { NO_USAGE } from '../inference/token-usage.ts';
import { fullNameOf, type AskedModel } from '../keys/asked-model.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { readJob, type Call, type ReadJobDeps } from './read-job.ts';
import type { Responder } from './responder.ts';
import type { MeteredRoute } from './route.ts';
import { StreamResponder, type StreamTimings } from './stream-responder.ts';
import { toWorkerRequest } from './to-worker-request.ts';
import { meterTokens } from './token-meter.ts';
import { createWholeResponder } from './whole-responder.ts';

export type ServeDeps = ReadJobDeps & {
  readonly admission: Admission;
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
  let queuedFromMs: number | undefined;
  try {
    const admission = await deps.admission.admit({
      requestId: exchange.requestId,
      key,
      clientIp: exchange.clientIp,
      endpoint: route.scope,
      asked,
      maxTokens: job.request.stopping?.maxTokens,
      answers: count.generated,
      prompts: count.prompts,
      bodyBytes,
      signal: controller.signal,
      onQueued: (position) => {
        if (queuedFromMs === undefined) void tellLimits(deps, { exchange, key, endpoint: route.scope });
        queuedFromMs ??= deps.clock.monotonicMs();
        responder.queued(position);
      },
    });
    // Of one that was refused after all, too.
    if (queuedFromMs !== undefined) exchange.waitMs = deps.clock.monotonicMs() - queuedFromMs;
    exchange.key = admission.key;
    exchange.limitHeaders = admission.headers;
    captureInput(exchange, body);
    const result = admission.ok
      ? await runAdmitted(deps, { job, asked, bodyBytes, exchange, responder, permit: admission.permit, signal: controller.signal })
      : notRun(controller.signal.aborted ? abortEnd(controller.signal) : { kind: 'failed', fault: admission.fault });
    responder.end(result);
  } finally {
    leave();
  }
}

/** The head of a stream that waits leaves before its limits have decided, and tells where they stand all the same. */
async function tellLimits(
  { admission }: ServeDeps,
  { exchange, key, endpoint }: { exchange: Exchange; key: KeySnapshot; endpoint: MeteredRoute['scope'] },
): Promise<void> {
  const { headers } = await admission.look({ requestId: exchange.requestId, key, clientIp: exchange.clientIp, endpoint });
  exchange.limitHeaders ??= headers;
}

type Admitted = {
  readonly job: GenerationJob;
  readonly asked: AskedModel;
  readonly bodyBytes: number;
  readonly exchange: Exchange;
  readonly responder: Responder;
  readonly permit: Permit;
  readonly signal: AbortSignal;
};

async function runAdmitted(
  deps: ServeDeps,
  { job, asked, bodyBytes, exchange, responder, permit, signal }: Admitted,
): Promise<GenerationResult> {
  exchange.workerFromMs = deps.clock.monotonicMs();
  let result: GenerationResult | undefined;
  try {
    result = await generateEach(deps.generation, {
      model: asked.model,
      request: toWorkerRequest(job, { asked, exchange, permit }),
      morePrompts: job.morePrompts ?? [],
      answers: countAnswers(job).perPrompt,
      totalTokensMax: permit.totalTokensMax,
      contextTokensMax: permit.contextTokensMax,
      requestBytes: bodyBytes,
      sink: captureOutput(meterTokens(responder, { exchange, clock: deps.clock, metrics: deps.metrics }), exchange),
      signal,
    });
    exchange.workerUntilMs = deps.clock.monotonicMs();
    exchange.generation = result;
    exchange.costNanoUsd = permit.costOf(result.usage);
    return result;
  } finally {
    // Settled before the last byte: a client that got its answer must find its capacity free again.
    await permit.settle(result?.usage ?? NO_USAGE, { refundsRequest: isOurFailure(result) });
  }
}

/** A request that got nothing, because of us, does not count against anybody's limits. */
function isOurFailure(result: GenerationResult | undefined): boolean {
  if (!result) return true;
  return result.end.kind === 'failed' && CODES[result.end.fault.code].http >= 500 && result.usage.completionTokens === 0;
}

function notRun(end: GenerationEnd): GenerationResult {
  return { end, usage: NO_USAGE, worker: undefined, tries: 0, queuedMs: undefined };
}

/** Sent away by a server that stops, or gone by itself. */
function abortEnd(signal: AbortSignal): GenerationEnd {
  const reason: unknown = signal.reason;
  return reason instanceof Fault ? { kind: 'failed', fault: reason } : { kind: 'cancelled' };
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
