import { z } from 'zod';
import type { RequestRow } from './append-requests.ts';

/** Rows that travel together from a gateway to the database. */
export type HistoryBatch = {
  /** Unique for ever; a batch that is sent again has the same. */
  readonly id: string;
  readonly rows: readonly RequestRow[];
};

/** The BullMQ queue of the batches, and what each job in it is called. */
export const HISTORY_QUEUE = { prefix: 'sluice:jobs', name: 'history', job: 'append' } as const;

/** A batch on its way, or as it arrives: its rows are read one by one with `requestRowSchema`, so that a bad one spoils no other. */
export const packedBatchSchema = z.object({ id: z.string(), rows: z.array(z.unknown()).readonly() }).readonly();
export type PackedBatch = z.infer<typeof packedBatchSchema>;

const text = z.string();
const whole = z.int();
const real = z.number();

/** A row that was JSON for a while. Unknown fields, as a newer gateway may send, are left out. */
export const requestRowSchema: z.ZodType<RequestRow> = z.object({
  requestId: text,
  apiKeyId: text,
  projectId: text,
  userId: text,
  tierId: text,
  endpoint: text,
  model: text,
  adapter: text.nullable(),
  worker: text.nullable(),
  statusCode: whole,
  outcome: z.enum(['completed', 'failed', 'cancelled', 'refused']),
  errorCode: text.nullable(),
  finishReason: text.nullable(),
  stream: z.boolean(),
  promptTokens: whole,
  cachedTokens: whole,
  completionTokens: whole,
  costNanoUsd: whole,
  waitMs: real.nullable(),
  queueMs: real.nullable(),
  ttftMs: real.nullable(),
  durationMs: real,
  userAgent: text.nullable(),
  clientIpHash: text.nullable(),
  retryCount: whole,
  tries: whole,
  traceId: text.nullable(),
  createdAt: z.iso.datetime().transform((time) => new Date(time)),
  content: z.object({ input: text, output: text }).optional(),
});
