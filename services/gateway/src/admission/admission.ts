import { Fault } from '@sluice/platform/fault';
import type { TokenUsage } from '../inference/token-usage.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Scope } from '../keys/scopes.ts';

/** What a request asks for, as far as limits care. */
export type AdmissionRequest = {
  readonly requestId: string;
  readonly key: KeySnapshot;
  readonly endpoint: Scope;
  readonly model: string;
  /** Output tokens the client allows; undefined means as many as the context holds. */
  readonly maxTokens: number | undefined;
};

/** The right to run one request. It must be settled exactly once, whatever became of the request. */
type Permit = {
  /** Gives back what was reserved and books what was used. Never rejects: accounting must not fail an answer. */
  settle(usage: TokenUsage): Promise<void> | void;
};

type Admission = { readonly ok: true; readonly permit: Permit } | { readonly ok: false; readonly fault: Fault };

/** The one place where a metered request is let in. A refusal is a value, and costs nothing. */
export type Admit = (request: AdmissionRequest) => Promise<Admission> | Admission;

/** The whole gateway's bound: at 4 MB a body this is what memory must hold in the worst case. */
const IN_FLIGHT_MAX = 1_024;

/** Admission by the key's scopes and by what is in flight in this process. */
export function createAdmission(inFlightMax = IN_FLIGHT_MAX): Admit {
  let inFlight = 0;
  return (request) => {
    const fault = checkScope(request.key, request.endpoint);
    if (fault) return { ok: false, fault };
    if (inFlight >= inFlightMax) return { ok: false, fault: overloaded(inFlightMax) };
    inFlight += 1;
    let isSettled = false;
    return {
      ok: true,
      permit: {
        settle: () => {
          if (!isSettled) inFlight -= 1;
          isSettled = true;
        },
      },
    };
  };
}

/** Undefined when the key may call the endpoint. */
export function checkScope(key: KeySnapshot, scope: Scope): Fault | undefined {
  if (!key.scopes || key.scopes.has(scope)) return undefined;
  return new Fault('INSUFFICIENT_PERMISSIONS', {
    message: `You have insufficient permissions for this operation. Missing scopes: ${scope}.`,
  });
}

function overloaded(inFlightMax: number): Fault {
  return new Fault('SERVER_OVERLOADED', {
    message: 'The server is currently overloaded with other requests. Please try again in a moment.',
    internal: `${inFlightMax} requests are in flight`,
  });
}
