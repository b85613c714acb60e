import { z } from 'zod';
import { INTEGER } from '../../http/validate.ts';
import { pageSchema } from '../../usage/usage-pages.ts';
import { idList, unixTime } from './bucket-query.ts';

const LIMIT_MAX = 100;
const LIMIT_DEFAULT = 20;

/** What every listing of requests takes. */
export const historyQuery = {
  start_time: unixTime.optional(),
  end_time: unixTime.optional(),
  models: idList,
  endpoints: idList,
  limit: z.int().min(1, INTEGER).max(LIMIT_MAX, INTEGER).default(LIMIT_DEFAULT),
  page: pageSchema.optional(),
};

type Times = { readonly start_time?: number | undefined; readonly end_time?: number | undefined };

export function toInterval({ start_time: startS, end_time: endS }: Times): { startsAt: Date | undefined; endsAt: Date | undefined } {
  return { startsAt: toDate(startS), endsAt: toDate(endS) };
}

function toDate(unixS: number | undefined): Date | undefined {
  return unixS === undefined ? undefined : new Date(unixS * 1_000);
}
