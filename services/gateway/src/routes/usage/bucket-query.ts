import type { Clock } from '@sluice/platform/clock';
import { z } from 'zod';
import { EXPECTED, INTEGER, type RefusalParams } from '../../http/validate.ts';
import { BUCKET_WIDTHS, type BucketWidth } from '../../usage/bucket-width.ts';
import { pageSchema, UNIX_S_MAX } from '../../usage/usage-pages.ts';
import { boundedArray } from '../bounded-array.ts';

const LIST_MAX = 100;
const ID_LENGTH_MAX = 256;

export const unixTime = z.int().min(0, INTEGER).max(UNIX_S_MAX, INTEGER);
export const idList = boundedArray(z.string().max(ID_LENGTH_MAX), { max: LIST_MAX, of: 'strings' }).optional();

export function groupList<const Group extends string>(...groups: readonly Group[]) {
  return boundedArray(z.enum(groups), { max: groups.length, of: 'strings' }).default([]);
}

/** What every listing in buckets takes, with OpenAI's names, defaults and bounds. */
export const bucketQuery = {
  end_time: unixTime.optional(),
  bucket_width: z.enum(Object.keys(BUCKET_WIDTHS) as BucketWidth[], `${EXPECTED}string`).default('1d'),
  limit: z.int().min(1, INTEGER).optional(),
  page: pageSchema.optional(),
};

type Buckets = {
  readonly start_time?: number | undefined;
  readonly end_time?: number | undefined;
  readonly bucket_width: BucketWidth;
  readonly limit?: number | undefined;
};

/** As a schema's refinement: an interval that has a length, and no more buckets than their width allows. */
export function checkBuckets(query: Buckets, ctx: z.RefinementCtx): void {
  checkInterval(query, ctx);
  const { bucket_width, limit = 0 } = query;
  const { limitMax } = BUCKET_WIDTHS[bucket_width];
  if (limit <= limitMax) return;
  const message = `Invalid '%s': integer above maximum value. Expected a value <= ${limitMax}, but got ${limit} instead.`;
  refuse(ctx, 'limit', { code: 'INTEGER_ABOVE_MAX_VALUE', message });
}

/** As a schema's refinement: an interval that has a length. */
export function checkInterval({ start_time, end_time }: Pick<Buckets, 'start_time' | 'end_time'>, ctx: z.RefinementCtx): void {
  if (start_time === undefined || end_time === undefined || end_time > start_time) return;
  refuse(ctx, 'end_time', { code: 'INVALID_VALUE', message: "Invalid value for '%s': it must be later than 'start_time'." });
}

export function refuse(ctx: z.RefinementCtx, param: string, params: RefusalParams): void {
  ctx.addIssue({ code: 'custom', path: [param], params });
}

/** The number of buckets on a page. */
export function limitOf({ bucket_width, limit }: Pick<Buckets, 'bucket_width' | 'limit'>): number {
  return limit ?? BUCKET_WIDTHS[bucket_width].limitDefault;
}

export function unixNow(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1_000);
}
