import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

/** Prisma splits the command at spaces; the seed must run on this same Node, which may not be the first on PATH. */
const word = (path: string): string => path.replaceAll(' ', '\\ ');
const seedCli = fileURLToPath(new URL('src/seed-cli.ts', import.meta.url));

/** `generate` and `diff` need no database, so an absent URL is an empty one; commands that need it say so. */
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations', seed: `${word(process.execPath)} ${word(seedCli)}` },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
