import { ConfigError } from '@sluice/platform/config';
import { createLog } from '@sluice/platform/log';
import { startRuntime } from './compose.ts';
import { readConfig } from './config.ts';
import { startHeartbeat } from './heartbeat.ts';

/** For the last frames, and the log. */
const LAST_WORDS_MS = 500;

/**
 * The engine's own process. Started by main.ts, which sets what must be in the environment before Node starts, and says how
 * often it had to and why.
 */
const [restarts = '0', lastExit = ''] = process.argv.slice(2);
const config = readConfig();
const log = createLog({ service: 'runtime', level: config.LOG_LEVEL });

/** `process.exit` waits for the threads of the pool, of which one may never come back. */
function endHard(cause: unknown): void {
  log.fatal({ err: cause }, 'the engine is broken; ending this process');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS);
}

try {
  startHeartbeat();
  // A native context that failed repeatedly cannot be trusted again; a fresh process can.
  const lifecycle = await startRuntime(config, log, { restarts: Number(restarts), lastExit, onBroken: endHard });
  lifecycle.closeOnSignals();
} catch (error) {
  log.fatal(error instanceof ConfigError ? { problem: error.message } : { err: error }, 'the runtime cannot start');
  process.exit(error instanceof ConfigError ? 78 : 1);
}
