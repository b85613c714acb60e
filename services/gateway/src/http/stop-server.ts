import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { Tally } from '@sluice/platform/tally';
import { pause } from '../pause.ts';
import type { HttpServer } from './http-server.ts';
import type { InFlight } from './in-flight.ts';

type StopTimes = {
  /** How long new connections are still taken. */
  readonly prestopMs: number;
  /** How long running requests may go on after that. */
  readonly drainMs: number;
};

type StopOptions = StopTimes & {
  readonly inFlight: InFlight;
  /** Exchanges that are not recorded yet. */
  readonly open: Pick<Tally, 'whenEmpty'>;
  readonly log: Log;
};

/** What an error event needs to reach its client after the drain. */
const LAST_WORDS_MS = 2_000;
/** Above what a generation waits for its worker to confirm a cancel. */
const CLOSE_MARGIN_MS = 7_000;

/** Lets requests end by themselves for as long as they may, ends the others with a word, and resolves when all are recorded. */
export async function stopServer(server: HttpServer, { prestopMs, drainMs, inFlight, open, log }: StopOptions): Promise<void> {
  await pause(prestopMs);
  if (!(await server.drain(drainMs))) {
    log.warn({ generations: inFlight.size }, 'the drain is over; running requests end with an error');
    inFlight.abortAll(new Fault('SHUTTING_DOWN', { message: 'The server is shutting down. Please try again.' }));
    await server.drain(LAST_WORDS_MS);
    server.close();
  }
  // Usage is exact only when the workers have confirmed, and history closes after this.
  await open.whenEmpty();
}

/** How long stopping may take at most. */
export function stopDeadlineMs({ prestopMs, drainMs }: StopTimes): number {
  return prestopMs + drainMs + LAST_WORDS_MS + CLOSE_MARGIN_MS;
}
