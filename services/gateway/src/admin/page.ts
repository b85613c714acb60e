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
export type Place = { readonly id: string; readonly createdAt: Date };
export type Order = 'asc' | 'desc';

/** Prisma's words for one slice of such a list. */
export type Slice = {
  readonly where: { readonly OR?: { createdAt: Date | { lt: Date } | { gt: Date }; id?: { lt: string } | { gt: string } }[] };
  readonly orderBy: { createdAt?: Order; id?: Order }[];
  readonly take: number;
};

type PageReader<Row> = {
  readonly order: Order;
  /** Undefined when there is no such item in the list. */
  readonly placeOf: (id: string) => Promise<Place | null>;
  readonly read: (slice: Slice) => Promise<readonly Row[]>;
  /** What is said of a cursor that is no item of the list. */
  readonly refuse: (cursor: 'after' | 'before') => Error;
};

/** One page of a list, by where its first item stands and not by a count, so that what is added or deleted meanwhile neither repeats nor hides another. */
export async function readPage<Row>(
  { after, before, limit }: PageRequest,
  { order, placeOf, read, refuse }: PageReader<Row>,
): Promise<Page<Row>> {
  const isBackwards = before !== undefined;
  const cursor = before ?? after;
  const place = cursor === undefined ? undefined : await placeOf(cursor);
  if (place === null) throw refuse(isBackwards ? 'before' : 'after');
  const direction = isBackwards ? opposite(order) : order;
  const rows = await read({
    where: place ? beyond(place, direction) : {},
    orderBy: [{ createdAt: direction }, { id: direction }],
    take: limit + 1,
  });
  const items = rows.slice(0, limit);
  return { items: isBackwards ? items.toReversed() : items, hasMore: rows.length > limit };
}

function beyond({ createdAt, id }: Place, direction: Order): Slice['where'] {
  const isUp = direction === 'asc';
  return {
    OR: [{ createdAt: isUp ? { gt: createdAt } : { lt: createdAt } }, { createdAt, id: isUp ? { gt: id } : { lt: id } }],
  };
}

function opposite(order: Order): Order {
  return order === 'asc' ? 'desc' : 'asc';
}
