import { ConfigError } from '@sluice/platform/config';
import { createLog } from '@sluice/platform/log';
import { startRuntime } from './compose.ts';
import { readConfig } from './config.ts';

/** The engine's own process. Started by main.ts, which sets what must be in the environment before Node starts. */
const config = readConfig();
const log = createLog({ service: 'runtime', level: config.LOG_LEVEL });

try {
  const lifecycle = await startRuntime(config, log, (cause) => {
    // A native context that failed repeatedly cannot be trusted again; a fresh process can.
    log.fatal({ err: cause }, 'the engine is broken; ending this process');
    process.exit(1);
  });
  lifecycle.closeOnSignals();
} catch (error) {
  log.fatal(error instanceof ConfigError ? { problem: error.message } : { err: error }, 'the runtime cannot start');
  process.exit(error instanceof ConfigError ? 78 : 1);
}
