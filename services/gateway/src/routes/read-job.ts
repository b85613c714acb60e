import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Request } from 'express';
import type { Admission } from '../admission/admission.ts';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import type { Claim, Idempotency } from '../idempotency/idempotency.ts';
import { sendReplay } from '../idempotency/send-replay.ts';
import type { AskedModel } from '../keys/asked-model.ts';
import { checkModel } from '../keys/check-key.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Scope } from '../keys/scopes.ts';
import type { Task } from '../routing/task.ts';
import type { WorkerPool } from '../routing/worker-pool.ts';
import type { CheckSignature } from '../signatures/check-signature.ts';

export type ReadJobDeps = {
  readonly admission: Pick<Admission, 'look'>;
  readonly checkSignature: CheckSignature;
  readonly idempotency: Idempotency;
  readonly pool: Pick<WorkerPool, 'requireKnown' | 'requireTask' | 'resolve'>;
  readonly clock: Clock;
};

export type Call = { readonly req: Request; readonly res: GatewayResponse; readonly key: KeySnapshot };

/** What every kind of job says of itself. `task`: unset for generation. */
type JobHead = { readonly model: string; readonly adapter: string; readonly isStream: boolean; readonly task?: Task };
type JobRoute<Job> = { readonly scope: Scope; readonly parse: (body: unknown) => Job };

type Read<Job> = {
  readonly job: Job;
  readonly asked: AskedModel;
  readonly body: unknown;
  readonly bodyBytes: number;
  readonly claim: Claim;
};

/** What a request asks for, read and checked. Undefined when it repeated one that was answered before, and has that answer now. */
export async function readJob<Job extends JobHead>(deps: ReadJobDeps, route: JobRoute<Job>, call: Call): Promise<Read<Job> | undefined> {
  const read = await readOrRefuse(deps, route, call);
  if (read.claim.kind !== 'replay') return read;
  const fault = (await look(deps, route, call)) ?? checkModel(call.res.locals.exchange.key ?? call.key, read.asked);
  if (fault) throw fault;
  sendReplay(call.res, { answer: read.claim.answer, clock: deps.clock });
  return undefined;
}

/** A request that is refused here still tells where its limits stand, and that its key is dead. */
async function readOrRefuse<Job extends JobHead>(deps: ReadJobDeps, route: JobRoute<Job>, call: Call): Promise<Read<Job>> {
  try {
    return await read(deps, route, call);
  } catch (error) {
    throw (await look(deps, route, call)) ?? error;
  }
}

async function read<Job extends JobHead>(deps: ReadJobDeps, route: JobRoute<Job>, { req, res, key }: Call): Promise<Read<Job>> {
  const { exchange } = res.locals;
  const { method, headers, originalUrl: url } = req;
  const { value, bytes: rawBody } = await readJsonBody(req);
  const fault = await deps.checkSignature({ key, method, url, headers, rawBody });
  if (fault) throw fault;
  const job = route.parse(value);
  const asked = job.adapter === '' ? deps.pool.resolve(job.model) : { model: job.model, adapter: job.adapter };
  exchange.model = asked.model;
  if (asked.adapter !== '') exchange.adapter = asked.adapter;
  exchange.isStream = job.isStream;
  const header = headers['idempotency-key'];
  const { projectId: scope } = key;
  const claim = await deps.idempotency.begin({ header, method, path: url, rawBody, scope, work: 'generation', res, exchange });
  if (claim.kind === 'refused') throw claim.fault;
  if (claim.kind === 'serve') {
    deps.pool.requireKnown(asked.model, asked.adapter);
    deps.pool.requireTask(asked.model, job.task ?? 'generate');
    if (job.task !== undefined && asked.adapter !== '') throw noAdapter(job.model);
  }
  return { job, asked, body: value, bodyBytes: rawBody.length, claim };
}

/** Adapters change how text is generated; a vector from under one would be the model's own, under another name. */
function noAdapter(model: string): Fault {
  return new Fault('UNSUPPORTED_VALUE', {
    message: `\`${model}\` names an adapter, and embedding and ranking have none. Please name the model alone.`,
    param: 'model',
  });
}

async function look({ admission }: ReadJobDeps, route: Pick<JobRoute<unknown>, 'scope'>, { res, key }: Call) {
  const { exchange } = res.locals;
  const looked = await admission.look({ requestId: exchange.requestId, key, clientIp: exchange.clientIp, endpoint: route.scope });
  exchange.key = looked.key;
  exchange.limitHeaders = looked.headers;
  return looked.fault;
}
