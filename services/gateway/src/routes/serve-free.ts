import type { Clock } from '@sluice/platform/clock';
import type { CallLimits } from '@sluice/proto/runtime-client';
import type { RequestRate } from '../abuse/request-rate.ts';
import type { Admission } from '../admission/admission.ts';
import { toLimitHeaders } from '../admission/limit-headers.ts';
import { abortOnDisconnect } from '../http/disconnect-signal.ts';
import type { InFlight } from '../http/in-flight.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import { askWorker, type AskDeps, type WorkerCalls } from '../inference/ask-worker.ts';
import { checkModel } from '../keys/check-key.ts';
import type { WorkerPool } from '../routing/worker-pool.ts';
import type { CheckSignature } from '../signatures/check-signature.ts';
import type { Call } from './read-job.ts';
import type { FreeRoute } from './route.ts';

export type ServeFreeDeps = {
  readonly admission: Pick<Admission, 'look'>;
  readonly checkSignature: CheckSignature;
  readonly freeCalls: Pick<RequestRate, 'take'>;
  readonly pool: Pick<WorkerPool, 'requireKnown' | 'resolve'>;
  readonly asking: AskDeps;
  readonly inFlight: Pick<InFlight, 'enter'>;
  readonly clock: Clock;
};

/** A question to a worker that costs nothing. */
export type FreeJob = {
  readonly model: string;
  readonly adapter: string;
  /** The JSON to answer with. Rejects with a Fault. */
  readonly ask: (worker: WorkerCalls, model: string, limits: CallLimits) => Promise<string>;
};

/** Such a question is answered at once, or not at all. */
const ASK_MS_MAX = 30_000;

/** Serves a route that asks a worker for what costs nothing: by the rate of free calls, and by what the key may do. */
export async function serveFree(deps: ServeFreeDeps, route: FreeRoute, { req, res, key }: Call): Promise<void> {
  const { clock, pool } = deps;
  const { exchange } = res.locals;
  const { state, fault: tooMany } = deps.freeCalls.take(key.id);
  if (tooMany) {
    exchange.limitHeaders = toLimitHeaders([state]);
    throw tooMany;
  }
  const { method, headers, originalUrl: url } = req;
  const { value, bytes: rawBody } = await readJsonBody(req);
  const unsigned = await deps.checkSignature({ key, method, url, headers, rawBody });
  const looked = await deps.admission.look({ requestId: exchange.requestId, key, clientIp: exchange.clientIp, endpoint: route.scope });
  exchange.key = looked.key;
  exchange.limitHeaders = looked.headers;
  const refused = looked.fault ?? unsigned;
  if (refused) throw refused;

  const job = route.parse(value);
  const asked = job.adapter === '' ? pool.resolve(job.model) : { model: job.model, adapter: job.adapter };
  exchange.model = asked.model;
  pool.requireKnown(asked.model, asked.adapter);
  const forbidden = checkModel(looked.key, asked);
  if (forbidden) throw forbidden;

  const controller = abortOnDisconnect(res);
  const leave = deps.inFlight.enter(controller);
  try {
    const { outcome } = await askWorker(deps.asking, {
      model: asked.model,
      ask: (worker, limits) => job.ask(worker, asked.model, { ...limits, deadlineMs: Math.min(limits.deadlineMs, ASK_MS_MAX) }),
      signal: controller.signal,
    });
    if (outcome.kind === 'answered') sendJson(res, exchange, { status: 200, json: outcome.answer, clock });
    else if (outcome.kind === 'failed') sendFault(res, exchange, { fault: outcome.fault, clock });
  } finally {
    leave();
  }
}
