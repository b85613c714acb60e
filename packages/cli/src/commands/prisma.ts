import { runPrisma } from '@sluice/prisma/run-prisma';
import { loadSecrets } from '@sluice/stack/secrets';
import { runningStack } from '@sluice/stack/stack-state';
import type { Command } from '../command.ts';

/** Prisma's command line, on the running stack's database unless DATABASE_URL names another. */
export const prisma: Command = (args, config) => {
  const databaseUrl = runningStack(config.home)?.databaseUrl;
  // Keys hashed under the pepper of one stack would not work on another's database.
  const isItsDatabase = databaseUrl !== undefined && (config.databaseUrl ?? databaseUrl) === databaseUrl;
  return runPrisma(args, { databaseUrl, keyPepper: isItsDatabase ? loadSecrets(config.home).keyPepper : undefined });
};
