import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock, type Lock } from './lock.ts';

export type ClaimedPort = { readonly port: number; readonly release: () => void };

const HOST = '127.0.0.1';
const TRIES_MAX = 200;
/** A neighbour is easier to remember than any free port. */
const NEIGHBOURS = 20;
/** Below the range from which systems take the ports of outgoing connections, which could take ours before we listen. */
const ANY_FIRST = 20_000;
const ANY_LAST = 29_999;

/** Claims the preferred port, or when it is taken one of the next, or any free one; 0 prefers none. The claim ends with `release` or with this process. */
export async function claimPort(preferred: number): Promise<ClaimedPort> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const isNear = preferred > 0 && tries < NEIGHBOURS;
    const port = isNear ? preferred + tries : ANY_FIRST + Math.floor(Math.random() * (ANY_LAST - ANY_FIRST + 1));
    const claim = claimFile(port);
    if (claim && (await isFree(port))) return { port, release: claim.release };
    claim?.release();
  }
  throw new Error(`no free port on ${HOST} after ${TRIES_MAX} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Seen by all stacks of this machine: between the choice of a port and its use, another stack must not choose it too. */
function claimFile(port: number): Lock | undefined {
  try {
    const claims = join(tmpdir(), 'sluice-ports');
    // Like /tmp itself: everybody may add, and nobody may remove what is another's.
    if (mkdirSync(claims, { recursive: true }) !== undefined) chmodSync(claims, 0o1777);
    const result = acquireLock(join(claims, String(port)), { mode: 0o644 });
    return result.kind === 'held' ? result.lock : undefined;
  } catch {
    // Another user's stale claim, or a folder that is not ours to use: without claims only a race is less certain.
    return { release: () => {} };
  }
}
