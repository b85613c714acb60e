import type { Clock } from '@sluice/platform/clock';
import { CODES } from '@sluice/platform/codes';
import type { Admission, AdmissionRequest, Permit } from '../admission/admission.ts';
import { captureInput } from '../history/content-capture.ts';
import type { Exchange } from '../http/exchange.ts';
import { endOfAbort } from '../inference/attempt.ts';
import type { GenerationEnd, GenerationResult } from '../inference/generation-result.ts';
import { NO_USAGE } from '../inference/token-usage.ts';

export type MeterDeps = { readonly admission: Admission; readonly clock: Clock };

export type MeteredWork = Omit<AdmissionRequest, 'requestId' | 'clientIp'> & {
  readonly exchange: Exchange;
  /** As it was parsed, for projects that keep what they were asked. */
  readonly body: unknown;
  /** Never rejects. */
  readonly run: (permit: Permit) => Promise<GenerationResult>;
};

/** Admits a request, runs it, settles what it took, and notes all of it in the exchange. Resolves when the client may be answered. */
export async function runMetered(deps: MeterDeps, { exchange, body, run, ...request }: MeteredWork): Promise<GenerationResult> {
  let queuedFromMs: number | undefined;
  const admission = await deps.admission.admit({
    ...request,
    requestId: exchange.requestId,
    clientIp: exchange.clientIp,
    onQueued: (position) => {
      if (queuedFromMs === undefined) void tellLimits(deps, exchange, request);
      queuedFromMs ??= deps.clock.monotonicMs();
      request.onQueued(position);
    },
  });
  // Of one that was refused after all, too.
  if (queuedFromMs !== undefined) exchange.waitMs = deps.clock.monotonicMs() - queuedFromMs;
  exchange.key = admission.key;
  exchange.limitHeaders = admission.headers;
  captureInput(exchange, body);
  if (admission.ok) return runAdmitted(deps, { exchange, run, permit: admission.permit });
  return notRun(request.signal.aborted ? endOfAbort(request.signal) : { kind: 'failed', fault: admission.fault });
}

/** The head of a stream that waits leaves before its limits have decided, and tells where they stand all the same. */
async function tellLimits(
  { admission }: MeterDeps,
  exchange: Exchange,
  { key, endpoint }: Pick<AdmissionRequest, 'key' | 'endpoint'>,
): Promise<void> {
  const { headers } = await admission.look({ requestId: exchange.requestId, key, clientIp: exchange.clientIp, endpoint });
  exchange.limitHeaders ??= headers;
}

async function runAdmitted(
  { clock }: MeterDeps,
  { exchange, run, permit }: Pick<MeteredWork, 'exchange' | 'run'> & { readonly permit: Permit },
): Promise<GenerationResult> {
  exchange.workerFromMs = clock.monotonicMs();
  let result: GenerationResult | undefined;
  try {
    result = await run(permit);
    exchange.workerUntilMs = clock.monotonicMs();
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
