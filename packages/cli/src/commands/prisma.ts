import { runPrisma } from '@sluice/prisma/run-prisma';
import { runningStack } from '@sluice/stack/stack-state';
import type { Command } from '../command.ts';

/** Prisma's command line, on the running stack's database unless DATABASE_URL names another. */
export const prisma: Command = (args, config) => runPrisma(args, { databaseUrl: runningStack(config.home)?.databaseUrl });
