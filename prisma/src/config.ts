import { flag, parseEnv } from '@sluice/platform/config';
import { z } from 'zod';
import type { SeedOptions } from './seed.ts';

/** The environment of Prisma's command line; what the caller's environment already says wins. */
export function prismaEnvironment(options: {
  databaseUrl: string | undefined;
  keyPepper: string | undefined;
  schemaEngine: string | undefined;
}): NodeJS.ProcessEnv {
  const defaults = {
    DATABASE_URL: options.databaseUrl,
    // For the seed.
    KEY_PEPPER: options.keyPepper,
    PRISMA_SCHEMA_ENGINE_BINARY: options.schemaEngine,
    // Neither asks the network about new versions.
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  return { ...defaults, ...process.env };
}

const seedSchema = z.object({
  DATABASE_URL: z.url({ error: 'must be set, to a postgresql:// URL' }),
  KEY_PEPPER: z.string({ error: 'must be set, to the same as the gateway’s' }).min(32),
  SEED_API_KEY: z.string().optional(),
  SEED_ADMIN_KEY: z.string().optional(),
  SEED_ADMIN_PASSWORD: z.string().optional(),
  /** A project on the free tier and a price besides, to try limits and costs with. */
  SEED_DEMO: flag.default(false),
});

/** What `prisma db seed` reads. Throws ConfigError naming what is missing. */
export function readSeedConfig(): SeedOptions & { databaseUrl: string } {
  const env = parseEnv(seedSchema, process.env);
  return {
    databaseUrl: env.DATABASE_URL,
    keyPepper: env.KEY_PEPPER,
    apiKey: env.SEED_API_KEY,
    adminKey: env.SEED_ADMIN_KEY,
    adminPassword: env.SEED_ADMIN_PASSWORD,
    isDemo: env.SEED_DEMO,
  };
}
