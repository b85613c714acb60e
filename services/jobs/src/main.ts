import { readConfigOrExit } from '@sluice/platform/config';
import { createLog } from '@sluice/platform/log';
import { startJobs } from './compose.ts';
import { readConfig } from './config.ts';

const config = readConfigOrExit(readConfig);
const log = createLog({ service: 'jobs', level: config.logLevel });
try {
  const jobs = await startJobs(config, log);
  jobs.lifecycle.closeOnSignals();
  log.info({ metricsPort: jobs.metricsPort }, 'started');
} catch (error) {
  log.fatal({ err: error }, 'the jobs could not start');
  process.exit(1);
}
