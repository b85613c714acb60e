/** `pnpm prisma db seed`: seeds the database of DATABASE_URL and prints the keys it made, once. */
import { createDatabase } from './client.ts';
import { readSeedConfig } from './config.ts';
import { seed } from './seed.ts';

const { databaseUrl, ...options } = readSeedConfig();
const db = createDatabase(databaseUrl, { poolMax: 2 });
try {
  const keys = await seed(db, options);
  if (keys.apiKey !== undefined && options.apiKey === undefined) console.log(`Demo key:   ${keys.apiKey}`);
  if (keys.adminKey !== undefined && options.adminKey === undefined) console.log(`Admin key:  ${keys.adminKey}`);
  console.log('Seeded. Keys are shown once: only their hashes are kept.');
} finally {
  await db.$disconnect();
}
