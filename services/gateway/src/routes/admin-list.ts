import type { Page } from '../admin/page.ts';

/** OpenAI's list object. */
export function toList<Item, Shown extends { readonly id: string }>({ items, hasMore }: Page<Item>, show: (item: Item) => Shown) {
  const data = items.map(show);
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: hasMore };
}

/** OpenAI's times. */
export function toUnixS(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}

export function toUnixSOrNull(date: Date | null): number | null {
  return date && toUnixS(date);
}
