import { Fault } from '@sluice/platform/fault';
import { checkAlive, deadKey } from '../keys/check-key.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Demand } from '../limits/limiter.ts';
import type { Caller } from './admission.ts';
import type { AdmissionDeps } from './admission-deps.ts';

/** The key as it is now, when it still works from where the caller is; `epochs` are the values that told of the change. */
export async function reloadKey(
  deps: Pick<AdmissionDeps, 'reloadKey' | 'epochs' | 'checkAddress' | 'clock'>,
  { key, clientIp }: Caller,
  epochs: Demand['epochs'],
): Promise<KeySnapshot | Fault> {
  const { publicId } = key;
  const found = await deps.reloadKey(publicId);
  if (found.kind === 'absent') return deadKey(publicId, 'deleted');
  // It has changed in a way that nobody here can know, and it may have been revoked.
  if (found.kind === 'unavailable') return unreadable(found.cause);
  deps.epochs.learn(publicId, epochs);
  const { snapshot } = found;
  if (snapshot.requiresSignature && !key.requiresSignature) return unsigned();
  return checkAlive(snapshot, deps.clock) ?? deps.checkAddress(snapshot, clientIp) ?? snapshot;
}

/** When the request came, nobody looked for a signature. The next one is looked at. */
function unsigned(): Fault {
  return new Fault('INVALID_SIGNATURE', {
    message: 'This API key has just been set to require signed requests. Please send the request again, signed.',
  });
}

function unreadable(cause: unknown): Fault {
  return new Fault('STORE_UNAVAILABLE', {
    message: 'API keys cannot be checked right now. Please try again in a moment.',
    internal: 'the key has changed and cannot be read',
    cause,
  });
}
