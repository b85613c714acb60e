/** Widths of the buckets that usage is told in, each with how many of them a page has, as with OpenAI. */
export const BUCKET_WIDTHS = {
  '1m': { seconds: 60, limitDefault: 60, limitMax: 1_440 },
  '1h': { seconds: 3_600, limitDefault: 24, limitMax: 168 },
  '1d': { seconds: 86_400, limitDefault: 7, limitMax: 31 },
} as const;

export type BucketWidth = keyof typeof BUCKET_WIDTHS;
