/** `pnpm prisma db seed`: seeds the database of DATABASE_URL and prints the keys it made, once. */
import { ConfigError } from '@sluice/platform/config';
import { createDatabase } from './client.ts';
import { readSeedConfig } from './config.ts';
import { seed } from './seed.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  await run();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const { databaseUrl, ...options } = readSeedConfig();
  const db = createDatabase(databaseUrl, { poolMax: 2 });
  try {
    const keys = await seed(db, options);
    if (keys.apiKey !== undefined && options.apiKey === undefined) say(`Demo key:   ${keys.apiKey}`);
    if (keys.adminKey !== undefined && options.adminKey === undefined) say(`Admin key:  ${keys.adminKey}`);
    if (keys.trialKey !== undefined) say(`Trial key:  ${keys.trialKey}`);
    say('Seeded: what was there is as it was. New keys are shown this once, because only their hashes are kept.');
  } finally {
    await db.$disconnect();
  }
}
