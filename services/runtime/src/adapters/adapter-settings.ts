import { z } from 'zod';
import { adapterName } from './adapter-name.ts';

/** Adapters of a model's file; more than this nobody lists by hand. */
const CONFIGURED_MAX = 200;

const adapterEntry = z.strictObject({
  name: adapterName,
  /** A GGUF file (relative to the model's file), or a name such as `hf:user/repo/adapter.gguf`. */
  source: z.string().min(1),
  /** How strongly it counts; 1 is as it was trained. */
  scale: z.number().min(-10).max(10).default(1),
});

export const adapterEntries = z
  .array(adapterEntry)
  .max(CONFIGURED_MAX)
  .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, 'two adapters have the same name')
  .default([]);

export type AdapterSettings = z.infer<typeof adapterEntry>;
