import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { acquireLock, type Lock } from './lock.ts';

export type ClaimedPort = { readonly port: number; readonly release: () => void };

const HOST = '127.0.0.1';
const PORT_MAX = 65_535;
const TRIES_MAX = 50;
/** A neighbour is easier to remember than any free port. */
const NEIGHBOURS = 20;

/** Claims the preferred port, or when it is taken one of the next, or any free one. The claim ends with `release` or with this process. */
export async function claimPort(preferred: number): Promise<ClaimedPort> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = await bindOnce(preferred > 0 && tries < NEIGHBOURS ? preferred + tries : 0);
    const claim = port === undefined ? undefined : claimFile(port);
    if (port !== undefined && claim) return { port, release: claim.release };
  }
  throw new Error(`no free port on ${HOST} after ${TRIES_MAX} tries`);
}

/** The port that a bind got, let go again; undefined when it is taken. */
function bindOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    if (port > PORT_MAX) return resolve(undefined);
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      // A listening TCP server's address is never a pipe name.
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}

/** Seen by all stacks of this user: between the choice of a port and its use, another stack must not choose it too. */
function claimFile(port: number): Lock | undefined {
  const claims = join(tmpdir(), `sluice-ports-${userInfo().uid}`);
  mkdirSync(claims, { recursive: true, mode: 0o700 });
  const result = acquireLock(join(claims, String(port)));
  return result.kind === 'held' ? result.lock : undefined;
}
