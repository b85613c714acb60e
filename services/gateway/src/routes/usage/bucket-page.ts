import type { UsagePage } from '../../usage/usage-pages.ts';
import type { UsageSums } from '../../usage/usage-store.ts';

/** OpenAI's page of buckets; a bucket without requests has no results. */
export function toBucketPage<Result>({ buckets, nextPage }: UsagePage, toResult: (sums: UsageSums) => Result) {
  return {
    object: 'page',
    data: buckets.map(({ startS, endS, sums }) => ({
      object: 'bucket',
      start_time: startS,
      end_time: endS,
      results: sums.map(toResult),
    })),
    has_more: nextPage !== undefined,
    next_page: nextPage ?? null,
  };
}

/** In history, what nobody owns and what nobody named is empty. */
export function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
