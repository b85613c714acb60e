import { z } from 'zod';
import { urlPath, type AdminApi, type Answer } from './admin-api.ts';

/** How a model is on one worker. */
const placeShape = z.object({
  worker: z.string(),
  state: z.string(),
  load_progress: z.number(),
  pinned: z.boolean(),
  problem: z.string().nullish(),
  slots_total: z.number(),
  slots_busy: z.number(),
  queue_depth: z.number(),
  memory_bytes: z.number(),
  device_memory_bytes: z.number(),
});
export type ModelPlace = z.infer<typeof placeShape>;

export const modelShape = z.object({ id: z.string(), workers: z.array(placeShape) });
export type Model = z.infer<typeof modelShape>;

/** What came of a change, worker by worker. */
export const changeShape = z.object({
  workers: z.array(z.object({ worker: z.string(), state: z.string().nullable(), error: z.object({ message: z.string() }).nullish() })),
});

export function getModel(api: AdminApi, name: string): Promise<Answer<Model>> {
  return api.get(urlPath`/sluice/v1/models/${name}`, modelShape);
}
