import { ConfigError } from '@sluice/platform/config';
import { createLog } from '@sluice/platform/log';
import { startJobs } from './compose.ts';
import { readConfig, type JobsConfig } from './config.ts';

const config = readConfigOrExit();
const log = createLog({ service: 'jobs', level: config.logLevel });
try {
  const jobs = await startJobs(config, log);
  jobs.lifecycle.closeOnSignals();
  log.info({ metricsPort: jobs.metricsPort }, 'started');
} catch (error) {
  log.fatal({ err: error }, 'the jobs could not start');
  process.exit(1);
}

function readConfigOrExit(): JobsConfig {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
}
