import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';

const WARN_EVERY_MS = 60_000;

/** Tells of an address that holds too many connections: at once, and then once a minute however many are refused. */
export function warnOfRefused({ log, clock }: { log: Log; clock: Clock }): (address: string) => void {
  let warnedAtMs = -Infinity;
  let refused = 0;
  return (address) => {
    refused += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - warnedAtMs < WARN_EVERY_MS) return;
    log.warn({ address, refused }, 'too many connections from one address; if it is a proxy, name it in TRUSTED_PROXIES');
    warnedAtMs = nowMs;
    refused = 0;
  };
}
