import { z } from 'zod';
import { EXPECTED, type RefusalParams } from '../http/validate.ts';

type Bounds = { readonly min?: number; readonly max: number; /** In the plural, for messages. */ readonly of: string };

/** An array whose length is checked before any of its items, so that a body of a million items costs nothing. */
export function boundedArray<Item extends z.ZodType>(item: Item, { min = 0, max, of }: Bounds) {
  const params = (value: unknown): RefusalParams => ({
    code: 'ARRAY_ABOVE_MAX_LENGTH',
    message: `Invalid '%s': array too long. Expected an array with maximum length ${max}, but got an array with length ${Array.isArray(value) ? value.length : 0} instead.`,
  });
  const items = z.array(item, `${EXPECTED}array of ${of}`).min(min);
  return z
    .unknown()
    .superRefine((value, ctx) => {
      if (Array.isArray(value) && value.length > max) ctx.addIssue({ code: 'custom', params: params(value), continue: false });
    })
    .pipe(items);
}
