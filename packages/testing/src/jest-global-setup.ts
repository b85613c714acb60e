import { mkdtempSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJsonFile } from '@sluice/stack/json-file';
import { identifyProcess } from '@sluice/stack/process-identity';
import { findRedisProgram } from '@sluice/stack/redis-program';
import { FOLDER_VARIABLE, filesIn } from './test-servers.ts';

/** Makes the folder through which the workers share servers, and sees to a Redis program, which may take longer than a test may. */
export default async function jestGlobalSetup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  // The postgres user must reach the cluster in it.
  chmodSync(folder, 0o711);
  writeJsonFile(filesIn(folder).owner, identifyProcess(process.pid));
  process.env[FOLDER_VARIABLE] = folder;
  if (process.env['TEST_REDIS_URL'] !== undefined) return;
  const onInstall = (): void => void process.stderr.write('No Redis was found: installing redis-server with apt-get …\n');
  // Pure tests need none; a test that does fails with the same words.
  await findRedisProgram({ env: process.env, mayInstall: true, onInstall }).catch(() => {});
}
