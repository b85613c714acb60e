import type { MeterDemand } from './limiter.ts';

/** What of a period's sum is used, and what running requests may still use. */
export type MeterSum = { readonly used: number; readonly held: number };

export type Fit =
  | {
      readonly kind: 'fits';
      readonly outputTokens: number;
      /** To be held of each meter, in their order. */
      readonly amounts: readonly number[];
    }
  | { readonly kind: 'refused'; readonly index: number; readonly isFinal: boolean; readonly used: number };

/**
 * How many output tokens all meters have room for, and what each then has to hold. A request that does not fit as a
 * whole gets what is left, as long as its prompt, at its smallest, and one token fit. A refusal that waiting cannot help
 * comes before one that it can.
 */
export function fitMeters(meters: readonly MeterDemand[], sums: readonly MeterSum[], wanted: number): Fit {
  let outputTokens = wanted;
  let refusal: Fit | undefined;
  const rooms: number[] = [];
  for (const [index, { limit, promptMax, promptMin, perOutputToken }] of meters.entries()) {
    const { used, held } = sums[index] ?? { used: 0, held: 0 };
    // What costs nothing is let through, also where more than all is used.
    const room = Math.max(0, limit - used - held);
    rooms.push(room);
    if (Math.ceil(promptMax + perOutputToken * wanted) <= room) continue;
    const least = promptMin + perOutputToken * Math.min(1, wanted);
    if (least > room) {
      if (least > limit - used) return { kind: 'refused', index, isFinal: true, used };
      refusal ??= { kind: 'refused', index, isFinal: false, used };
    } else if (perOutputToken > 0) {
      const most = Math.floor((room - promptMin) / perOutputToken);
      outputTokens = Math.min(outputTokens, Math.max(Math.min(1, wanted), most));
    }
  }
  if (refusal) return refusal;
  const amounts = meters.map(({ promptMax, perOutputToken }, index) =>
    Math.min(rooms[index] ?? 0, Math.ceil(promptMax + perOutputToken * outputTokens)),
  );
  return { kind: 'fits', outputTokens, amounts };
}
