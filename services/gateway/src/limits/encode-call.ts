import { encodeShape } from './encode-shape.ts';
import type { Demand, Settlement } from './limiter.ts';

/** What was really used, or `undo`: as if it had never been granted. */
export type End = { readonly demand: Demand; readonly settlement: Settlement | 'undo' };

const NOTHING_USED: Settlement = { promptTokens: 0, completionTokens: 0, costNanoUsd: 0, refundsRequest: true };

/** Demands as lua/admit.lua reads them. */
export function encodeAsks(demands: readonly Demand[]): string {
  return encodeCall(demands, (demand) => demand, encodeAsk);
}

/** Ends of leases as lua/settle.lua reads them. */
export function encodeEnds(ends: readonly End[]): string {
  return encodeCall(ends, ({ demand }) => demand, encodeEnd);
}

function encodeCall<Item>(
  items: readonly Item[],
  demandOf: (item: Item) => Demand,
  encode: (item: Item, shape: number) => readonly (string | number)[],
): string {
  const places = new Map<string, number>();
  const encoded = items.map((item) => {
    const shape = encodeShape(demandOf(item));
    const place = places.get(shape) ?? places.size + 1;
    places.set(shape, place);
    return encode(item, place);
  });
  return `[[${[...places.keys()].join(',')}],${JSON.stringify(encoded)}]`;
}

function encodeAsk({ id, epochs, buckets, gauges, meters, outputTokens, ticket, takes }: Demand, shape: number) {
  const ask: (string | number)[] = [shape, id, outputTokens, ticket ? String(ticket.rank) : '', ticket?.depthMax ?? 0, takes ? 1 : 0];
  for (const { seen } of epochs) ask.push(seen);
  for (const { cost } of buckets) ask.push(cost);
  for (const { limit } of gauges) ask.push(limit);
  for (const { promptMax, promptMin, perOutputToken } of meters) ask.push(promptMax, promptMin, perOutputToken);
  return ask;
}

function encodeEnd({ demand, settlement }: End, shape: number) {
  const isUndo = settlement === 'undo';
  const { promptTokens, completionTokens, costNanoUsd, refundsRequest } = isUndo ? NOTHING_USED : settlement;
  const end: (string | number)[] = [shape, demand.id, promptTokens + completionTokens, costNanoUsd, refundsRequest ? 1 : 0, isUndo ? 1 : 0];
  for (const { cost } of demand.buckets) end.push(cost);
  return end;
}
