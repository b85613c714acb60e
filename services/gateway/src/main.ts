import { readConfigOrExit } from '@sluice/platform/config';
import { bufferedStdout, createLog } from '@sluice/platform/log';
import { startGateway } from './compose.ts';
import { readConfig } from './config.ts';

const config = readConfigOrExit(readConfig);
const log = createLog({ service: 'gateway', level: config.logLevel, destination: bufferedStdout() });
const startedAtMs = performance.now();
try {
  const gateway = await startGateway(config, log);
  gateway.lifecycle.closeOnSignals();
  const { port, metricsPort } = gateway;
  log.info(
    { host: config.host, port, metricsPort, workers: config.runtimeAddresses, startMs: Math.round(performance.now() - startedAtMs) },
    'ready',
  );
} catch (error) {
  log.fatal({ err: error }, 'the gateway could not start');
  process.exit(1);
}
