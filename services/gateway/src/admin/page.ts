import { Fault } from '@sluice/platform/fault';

/** Which part of a list is asked for. */
export type PageRequest = {
  /** Items behind the one with this id, or before the other. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
};

export type Page<Item> = {
  /** In the list's own order, whichever way was paged. */
  readonly items: readonly Item[];
  /** Whether there are more in the direction that was asked for. */
  readonly hasMore: boolean;
};

/** A place in a list that is ordered by creation. */
type Place = { readonly id: string; readonly createdAt: Date };
export type Order = 'asc' | 'desc';

/** Prisma's words for one slice of such a list. */
export type Slice = {
  readonly where: { readonly OR?: { createdAt: Date | { lt: Date } | { gt: Date }; id?: { lt: string } | { gt: string } }[] };
  readonly orderBy: { createdAt?: Order; id?: Order }[];
  readonly take: number;
};

type PageReader<Row> = {
  readonly order: Order;
  /** Null when there is no such item in the list. */
  readonly placeOf: (id: string) => Promise<Place | null>;
  readonly read: (slice: Slice) => Promise<readonly Row[]>;
};

/** One page of a list, by where its first item stands and not by a count, so that what is added or deleted meanwhile neither repeats nor hides another. Throws for a cursor that is no item of the list. */
export async function readPage<Row>({ after, before, limit }: PageRequest, { order, placeOf, read }: PageReader<Row>): Promise<Page<Row>> {
  const isBackwards = before !== undefined;
  const cursor = before ?? after;
  const place = cursor === undefined ? undefined : await placeOf(cursor);
  if (place === null) throw notInList(isBackwards ? 'before' : 'after');
  const direction = isBackwards ? opposite(order) : order;
  const rows = await read({
    where: place ? beyond(place, direction) : {},
    orderBy: [{ createdAt: direction }, { id: direction }],
    take: limit + 1,
  });
  const items = rows.slice(0, limit);
  return { items: isBackwards ? items.toReversed() : items, hasMore: rows.length > limit };
}

/** One page of a list that is in memory already, by the same rules. */
export function pageOf<Item extends { readonly id: string }>(all: readonly Item[], { after, before, limit }: PageRequest): Page<Item> {
  const isBackwards = before !== undefined;
  const at = all.findIndex(({ id }) => id === (before ?? after));
  if (at === -1 && (before ?? after) !== undefined) throw notInList(isBackwards ? 'before' : 'after');
  const [from, to] = isBackwards ? [Math.max(0, at - limit), at] : [at + 1, at + 1 + limit];
  return { items: all.slice(from, to), hasMore: isBackwards ? from > 0 : to < all.length };
}

function beyond({ createdAt, id }: Place, direction: Order): Slice['where'] {
  const isUp = direction === 'asc';
  return {
    OR: [{ createdAt: isUp ? { gt: createdAt } : { lt: createdAt } }, { createdAt, id: isUp ? { gt: id } : { lt: id } }],
  };
}

function notInList(param: string): Fault {
  return new Fault('INVALID_VALUE', { message: `Invalid value for '${param}': the list has no such item.`, param });
}

function opposite(order: Order): Order {
  return order === 'asc' ? 'desc' : 'asc';
}
