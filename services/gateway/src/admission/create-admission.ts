import type { OutgoingHttpHeaders } from 'node:http';
import { CODES } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import { NO_USAGE } from '../inference/token-usage.ts';
import { fullNameOf, type AskedModel } from '../keys/asked-model.ts';
import { checkModel, checkScope } from '../keys/check-key.ts';
import type { Demand, Refused } from '../limits/limiter.ts';
import type { Admission, AdmissionRequest, Admitted, Caller, Looked, NotAdmitted } from './admission.ts';
import type { AdmissionDeps } from './admission-deps.ts';
import { askLimiter } from './ask-limiter.ts';
import { templateOf } from './demand-template.ts';
import { toLimitHeaders } from './limit-headers.ts';
import { createPermit } from './permit.ts';
import { toRefusalFault } from './refusal.ts';
import { reloadKey } from './reload-key.ts';
import { toLook } from './to-demand.ts';

/** This process' bound: at 4 MB a body it is what memory must hold in the worst case. */
const IN_FLIGHT_MAX = 1_024;
/** A key that changes faster than it can be read is not let in. */
const RELOADS_MAX = 3;
/** For what is asked before a model is known. */
const NO_MODEL: AskedModel = { model: '', adapter: '' };

/** Admission by what the key may do and by every limit above it, in one step for all gateways. */
export function createAdmission(deps: AdmissionDeps): Admission {
  const inFlightMax = deps.inFlightMax ?? IN_FLIGHT_MAX;
  let inFlight = 0;
  const leave = (): void => {
    inFlight -= 1;
  };
  return {
    admit: async (request) => {
      if (inFlight >= inFlightMax) return turnAway(deps, request, overloaded(`${inFlight} requests are in flight`));
      inFlight += 1;
      let isLetIn = false;
      try {
        const answer = await admit(deps, request, leave);
        isLetIn = answer.ok;
        return answer;
      } finally {
        if (!isLetIn) leave();
      }
    },
    look: (caller) => look(deps, caller),
  };
}

async function admit(deps: AdmissionDeps, request: AdmissionRequest, onSettled: () => void): Promise<Admitted | NotAdmitted> {
  let { key } = request;
  const arrivedAtMs = deps.clock.monotonicMs();
  for (let reloads = 0; ; reloads++) {
    const fault = checkScope(key, request.endpoint) ?? checkModel(key, request.asked);
    if (fault) {
      // A request that is refused before any limit is asked still tells where the limits stand.
      const looked = await look(deps, { ...request, key });
      const isChanged = looked.key !== key && reloads < RELOADS_MAX;
      if (looked.fault || !isChanged) return { ok: false, fault: looked.fault ?? fault, key: looked.key, headers: looked.headers };
      // What refused it may have been lifted.
      key = looked.key;
      continue;
    }
    const asked = await askLimiter(deps, { ...request, key }, arrivedAtMs);
    if (asked.kind === 'unavailable') return turnAway(deps, { ...request, key }, asked.fault);
    if (asked.kind === 'stale') {
      if (reloads === RELOADS_MAX) return turnAway(deps, { ...request, key }, overloaded('the key keeps changing'));
      const fresh = await reloadKey(deps, { ...request, key }, asked.epochs);
      if (fresh instanceof Fault) return { ok: false, fault: fresh, key, headers: await headersBeside(deps, fresh, { ...request, key }) };
      key = fresh;
      continue;
    }
    const headers = toLimitHeaders(asked.answer.buckets);
    if (asked.kind === 'refused') return { ok: false, fault: faultOf(asked.answer, asked.demand, request), key, headers };
    if (asked.answer.outputTokens < request.answers) {
      // Given back before anybody is told: whoever is not let in holds nothing.
      await createPermit(deps, { request, key, asked, arrivedAtMs, onSettled: () => {} }).settle(NO_USAGE, { refundsRequest: true });
      return { ok: false, fault: tooManyAnswers(request.answers), key, headers };
    }
    const permit = createPermit(deps, { request, key, asked, arrivedAtMs, onSettled });
    if (asked.answer.outputTokens < asked.demand.outputTokens) headers['x-quota-clamped'] = '1';
    if (permit.waitedMs !== undefined) headers['x-queue-ms'] = Math.round(permit.waitedMs);
    return { ok: true, permit, key, headers };
  }
}

/** A refusal that asked nobody. */
async function turnAway(deps: AdmissionDeps, caller: AdmissionRequest, fault: Fault): Promise<NotAdmitted> {
  return { ok: false, fault, key: caller.key, headers: await ownHeaders(deps, caller) };
}

/** What this gateway knows by itself of where the limits stand. */
async function ownHeaders(deps: AdmissionDeps, { key, endpoint, asked = NO_MODEL, requestId }: Caller & { readonly asked?: AskedModel }) {
  const demand = toLook(templateOf(key, endpoint, asked), { id: requestId, epochs: deps.epochs.of(key) });
  return toLimitHeaders(await deps.fallback.look(demand));
}

/** A key that does not work has no limits to tell of. */
async function headersBeside(deps: AdmissionDeps, fault: Fault, caller: Caller): Promise<OutgoingHttpHeaders> {
  return CODES[fault.code].http === 401 ? {} : ownHeaders(deps, caller);
}

/** Whoever was sent away while waiting hears why it was sent away. */
function faultOf(answer: Refused, demand: Demand, { signal, asked }: AdmissionRequest): Fault {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return reason instanceof Fault ? reason : toRefusalFault(answer, demand, fullNameOf(asked));
}

async function look(deps: AdmissionDeps, caller: Caller): Promise<Looked> {
  let { key } = caller;
  for (let reloads = 0; reloads <= RELOADS_MAX; reloads++) {
    const demand = toLook(templateOf(key, caller.endpoint, NO_MODEL), { id: caller.requestId, epochs: deps.epochs.of(key) });
    const answer = await deps.limiter.decide(demand);
    if (answer.kind !== 'stale') {
      const buckets = answer.kind === 'granted' || answer.kind === 'refused' ? answer.buckets : await deps.fallback.look(demand);
      return { key, headers: toLimitHeaders(buckets), fault: checkScope(key, caller.endpoint) };
    }
    const fresh = await reloadKey(deps, { ...caller, key }, answer.epochs);
    if (fresh instanceof Fault) return { key, headers: await headersBeside(deps, fresh, { ...caller, key }), fault: fresh };
    key = fresh;
  }
  return { key, headers: await ownHeaders(deps, { ...caller, key }), fault: overloaded('the key keeps changing') };
}

/** A quota that has not a token left for each of them. */
function tooManyAnswers(answers: number): Fault {
  return new Fault('INSUFFICIENT_QUOTA', {
    message: `What is left of your quota does not pay for ${answers} answers. Ask for fewer, or check your plan and billing details.`,
  });
}

function overloaded(internal: string): Fault {
  return new Fault('SERVER_OVERLOADED', {
    message: 'The server is currently overloaded with other requests. Please try again in a moment.',
    internal,
  });
}
