import type { Engine } from '../engine/engine.ts';
import type { PrefixStore } from '../prefix-store/prefix-store.ts';
import type { ActiveGeneration } from './active-generation.ts';
import { PendingCopies } from './pending-copies.ts';
import type { Beginning } from './prefill-plan.ts';
import { reportDigests } from './report-digests.ts';
import { commonLength, type SequenceTokens } from './sequence-tokens.ts';
import type { SlotTable } from './slot-table.ts';

/** A copy takes as long as reading some tokens anew: a whole stream is copied, however little of it is wanted. */
const COPY_WORTH_PART = 1 / 64;
const COPY_WORTH_TOKENS_MIN = 16;

/** What is shorter is read again as fast as it is carried elsewhere. */
const KEEP_PART = 1 / 16;
const KEEP_TOKENS_MIN = 64;

/** A hole left for this many decode steps will not be filled by a newcomer soon, so a sequence moves into it. */
const HOLE_STEPS_MAX = 2;

export type Move = { readonly owner: ActiveGeneration; readonly from: number; readonly to: number };

type Source = { readonly slot: number; readonly length: number };

/** Where generations sit, and what of their prompts is in a KV cache already. Touches the engine only between steps. */
export class Placement {
  readonly #engine: Engine;
  readonly #slots: SlotTable<ActiveGeneration>;
  readonly #copyWorthTokens: number;
  readonly #keepTokens: number;
  readonly #store: PrefixStore | undefined;
  readonly #pending = new PendingCopies();
  #holeSteps = 0;

  constructor(engine: Engine, slots: SlotTable<ActiveGeneration>, store?: PrefixStore) {
    this.#engine = engine;
    this.#slots = slots;
    this.#store = store;
    this.#copyWorthTokens = Math.max(COPY_WORTH_TOKENS_MIN, Math.ceil(engine.contextTokens * COPY_WORTH_PART));
    this.#keepTokens = Math.max(KEEP_TOKENS_MIN, Math.ceil(engine.contextTokens * KEEP_PART));
  }

  /** Gives a generation a slot: the one that it continues, else the one that is the least loss. There must be a free one. */
  async place(generation: ActiveGeneration): Promise<void> {
    const continued = this.#continued(generation);
    const slot = continued ?? this.#slots.leastUseful();
    if (slot === undefined) throw new Error('no free slot although one was counted');
    if (continued === undefined) await this.#rescue(slot);
    generation.slot = slot;
    this.#slots.take(slot, generation);
  }

  /** One of `readers` that will soon hold more of the prompt's beginning than any slot does, and how much. */
  readerFor(
    generation: ActiveGeneration,
    readers: readonly ActiveGeneration[],
  ): { readonly reader: ActiveGeneration; readonly shared: number } | undefined {
    if (readers.length === 0 || generation.readsAll) return undefined;
    const worthTokens = this.#bestSource(generation).length + this.#copyWorthTokens;
    for (const reader of readers) {
      if (reader.adapter !== generation.adapter) continue;
      const shared = commonLength(reader.toRead, generation.toRead, usable(generation));
      if (shared >= worthTokens && shared > reader.readLength) return { reader, shared };
    }
    return undefined;
  }

  /**
   * Puts into a generation's slot what is known of its prompt elsewhere; the rest is left to read. One that `mayWait` is put
   * off where a step must come first.
   */
  async begin(generation: ActiveGeneration, { mayWait }: { mayWait: boolean }): Promise<Exclude<Beginning, 'failed'>> {
    const { slot } = generation;
    if (generation.readsAll) return this.#beginAnew(generation);
    const held = this.#slots.heldAt(slot);
    if (held && this.#sharedWith(held, generation) * 2 < held.ids.length) await this.#archive(slot, held);
    const own = this.#sharedWith(this.#slots.heldAt(slot), generation);
    const best = this.#bestSource(generation);
    const stored = this.#store?.find(generation.toRead, generation.adapter);
    const storedLength = Math.min(stored?.length ?? 0, usable(generation));
    const isWorthIt = stored !== undefined && storedLength >= Math.max(own, best.length) + 2 * this.#copyWorthTokens;
    // A file is read into the slot at once, so it would get between a copy and the step that makes it.
    const isBarred = isWorthIt && this.#pending.involves(slot);
    if (isBarred && mayWait) return 'later';
    const isStored = isWorthIt && !isBarred;
    const isCopied = !isStored && best.slot !== slot && best.length >= own + this.#copyWorthTokens;
    let length = own;
    this.#slots.forget(slot);
    if (isStored) length = (await this.#store?.restore(stored.entry, slot)) ? storedLength : 0;
    else if (isCopied) {
      await this.#copy(best.slot, slot);
      length = best.length;
    }
    if (length === 0) this.#engine.clear(slot);
    else if (!this.#engine.trim(slot, length)) length = 0;
    generation.begin(length);
    return isCopied || isStored ? 'slow' : 'quick';
  }

  #beginAnew(generation: ActiveGeneration): 'quick' {
    this.#slots.forget(generation.slot);
    this.#engine.clear(generation.slot);
    generation.begin(0);
    return 'quick';
  }

  /** A step has been done, and with it the copies that waited for one. */
  stepped(): void {
    this.#pending.clear();
  }

  /** Frees a generation's slot, also where the engine throws. What it read and said stays there for the next one, unless a step on it failed. */
  release(generation: ActiveGeneration, { isSound }: { isSound: boolean }): void {
    const held = isSound ? (generation.hasBegun ? generation.held() : this.#slots.heldAt(generation.slot)) : undefined;
    // Free in any case: whoever takes a slot that holds nothing known clears it again.
    this.#slots.release(generation.slot, held);
    if (held === undefined) this.#engine.clear(generation.slot);
  }

  /** The move that closes a hole, once that has been there for a while. */
  compaction(): Move | undefined {
    const move = this.#slots.compaction();
    this.#holeSteps = move ? this.#holeSteps + 1 : 0;
    return this.#holeSteps > HOLE_STEPS_MAX ? move : undefined;
  }

  async carryOut({ owner, from, to }: Move): Promise<void> {
    const lost = this.#slots.heldAt(to);
    if (lost) await this.#archive(to, lost);
    // A move that fails has emptied the slot.
    this.#slots.forget(to);
    await this.#engine.move(from, to);
    this.#pending.add(from, to);
    this.#slots.moved(from, to);
    owner.slot = to;
  }

  /** The gateway's names for the beginnings that are held, most recently used first, those in the store last. */
  digests(limit: number): number[] {
    const running = this.#slots.taken().map(({ owner, usedAt }) => ({ digests: owner.request.prefixDigests ?? [], usedAt }));
    const held = this.#slots.held().map(({ tokens, usedAt }) => ({ digests: tokens.digests, usedAt }));
    const inSlots = [...running, ...held].sort((a, b) => b.usedAt - a.usedAt).map(({ digests }) => digests);
    return reportDigests([...inSlots, ...(this.#store?.digests() ?? [])], limit);
  }

  /** The free slot that holds most of the prompt's beginning, where little else would be lost by going on there. */
  #continued(generation: ActiveGeneration): number | undefined {
    let best: Source | undefined;
    for (const { slot, tokens, isFree } of this.#slots.held()) {
      if (!isFree) continue;
      const length = this.#sharedWith(tokens, generation);
      if (length * 2 >= tokens.ids.length && length > (best?.length ?? 0)) best = { slot, length };
    }
    return best?.slot;
  }

  /** Where most of the prompt's beginning is: in a slot that still holds it, or in one that is at work on it. */
  #bestSource(generation: ActiveGeneration): Source {
    let best: Source = { slot: generation.slot, length: 0 };
    for (const { slot, tokens } of this.#slots.held()) {
      const length = this.#sharedWith(tokens, generation);
      if (length > best.length) best = { slot, length };
    }
    for (const other of this.#slots.owners()) {
      if (other === generation || !other.hasBegun || other.adapter !== generation.adapter) continue;
      const length = commonLength(other.toRead, generation.toRead, Math.min(usable(generation), other.readLength));
      if (length > best.length) best = { slot: other.slot, length };
    }
    return best;
  }

  #sharedWith(held: SequenceTokens | undefined, generation: ActiveGeneration): number {
    return held?.adapter === generation.adapter && held ? commonLength(held.ids, generation.toRead, usable(generation)) : 0;
  }

  /** Carries what a slot holds to another one that holds less worth keeping. */
  async #rescue(slot: number): Promise<void> {
    const held = this.#slots.heldAt(slot);
    if (!held || held.ids.length < this.#keepTokens) return;
    const to = this.#slots.leastRecent(slot);
    if (to === undefined) return;
    const lost = this.#slots.heldAt(to);
    if (lost !== undefined && this.#slots.usedAt(to) >= this.#slots.usedAt(slot)) return;
    if (lost) await this.#archive(to, lost);
    await this.#copy(slot, to);
    this.#slots.copied(slot, to);
  }

  /** Where it fails, `to` holds nothing. */
  async #copy(from: number, to: number): Promise<void> {
    this.#slots.forget(to);
    await this.#engine.copy(from, to);
    this.#pending.add(from, to);
  }

  /** Stores what a slot is about to lose, where it is worth that and there is a store. */
  async #archive(slot: number, held: SequenceTokens): Promise<void> {
    if (!this.#store || held.ids.length < this.#keepTokens || this.#pending.fills(slot)) return;
    // Of a guess, more may be there than what was confirmed.
    if (this.#engine.trim(slot, held.ids.length)) await this.#store.keep(slot, held);
    else this.#slots.forget(slot);
  }
}

/** The last token is always read anew: its logits give the next one. */
function usable(generation: ActiveGeneration): number {
  return generation.toRead.length - 1;
}
