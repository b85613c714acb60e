import { z } from 'zod';
import type { Home } from './home.ts';
import { readJsonFile } from './json-file.ts';
import { isRunning, processIdentitySchema } from './process-identity.ts';

/** What `./sluice up --json` prints. */
export const stackInfoSchema = z.object({
  /** Ends in /v1. */
  baseUrl: z.string(),
  /** A stack of an older version has no jobs. */
  metricsUrls: z.object({ gateway: z.string(), runtime: z.string(), jobs: z.string().optional() }),
  model: z.string(),
  apiKey: z.string(),
  adminKey: z.string(),
  /** Of admin@localhost, as long as nobody changed it. A stack of an earlier version has none. */
  adminPassword: z.string().optional(),
  home: z.string(),
});
export type StackInfo = z.infer<typeof stackInfoSchema>;

const partSchema = z.object({ name: z.string(), identity: processIdentitySchema, logFile: z.string() });
export type StackPart = z.infer<typeof partSchema>;

const stateSchema = z.object({
  supervisor: processIdentitySchema,
  /** In the order they are to stop. */
  parts: z.array(partSchema),
  databaseUrl: z.string(),
  redisUrl: z.string(),
  /** Set once everything was ready. */
  info: stackInfoSchema.optional(),
});
export type StackState = z.infer<typeof stateSchema>;

/** What the home's stack wrote about itself last; it may have died since. */
export function readStackState(home: Home): StackState | undefined {
  return readJsonFile(home.stateFile, stateSchema);
}

/** The state of the home's stack when somebody looks after it now. */
export function runningStack(home: Home): StackState | undefined {
  const state = readStackState(home);
  return state && isRunning(state.supervisor) ? state : undefined;
}
