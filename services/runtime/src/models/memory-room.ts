import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { AdapterBytes } from '../adapters/adapter-catalogue.ts';
import { totalOf, type Memory, type MemoryNeed } from './memory-need.ts';
import type { ModelHost } from './model-host.ts';

export type MemoryRoomOptions = {
  readonly hosts: readonly ModelHost[];
  /** What a new allocation could have now, by the system's own account. */
  readonly freeMemory: () => Promise<Memory>;
  /** Main memory that all models may take together. What the system calls free may hold weights that it would have to read again. */
  readonly limitBytes: number;
  readonly clock: Clock;
};

/** How long a load waits for a model that works to have nothing left to do. */
const WAIT_MS = 30_000;
const POLL_MS = 100;
const GIB = 2 ** 30;

/** Makes room for one model by putting others to sleep: the one that was used least recently first, never one that is pinned or works. */
export class MemoryRoom {
  readonly #options: MemoryRoomOptions;

  constructor(options: MemoryRoomOptions) {
    this.#options = options;
  }

  /** Resolves when there is room for a model that takes so much. Rejects with INSUFFICIENT_MEMORY, which says what would make it smaller, or as the signal says. */
  async make(host: ModelHost, need: MemoryNeed, signal: AbortSignal): Promise<void> {
    const endMs = this.#options.clock.monotonicMs() + WAIT_MS;
    for (;;) {
      signal.throwIfAborted();
      const now = await this.#options.freeMemory();
      const free = this.#without([], now);
      if (fits(totalOf(need), free)) return;
      const others = this.#options.hosts.filter((other) => other !== host && other.kind === 'ready' && !other.isPinned);
      const hope = this.#without(others, now);
      if (!fits(totalOf(need), hope) || this.#options.clock.monotonicMs() >= endMs) throw this.#refusal(host, need, free);
      const [victim] = others.filter((other) => !other.isBusy).toSorted((a, b) => a.lastUsedMs - b.lastUsedMs);
      if (!(await victim?.sleep())) await sleep(POLL_MS);
    }
  }

  /** Resolves when there is room for an adapter of a model. Rejects with INSUFFICIENT_MEMORY: nobody sleeps for one. */
  async assertRoom(host: ModelHost, { name, bytes }: AdapterBytes): Promise<void> {
    const need = inMemoryOf(host, bytes);
    const free = this.#without([], await this.#options.freeMemory());
    if (fits(need, free)) return;
    const pick = need.mainBytes > 0 ? free.mainBytes : free.deviceBytes;
    throw new Fault('INSUFFICIENT_MEMORY', {
      message:
        `The adapter \`${name}\` of the model \`${host.name}\` needs ${gib(bytes)} of ${need.mainBytes > 0 ? 'memory' : 'device memory'}, ` +
        `and ${gib(pick)} are free. Fewer adapters at once (ADAPTERS_LOADED_MAX) or fewer models leave more.`,
    });
  }

  /** What will be free once these are asleep: no more than what they give back, and than what the others leave of the limit. */
  #without(sleepers: readonly ModelHost[], now: Memory): Memory {
    const { hosts, limitBytes } = this.#options;
    const free = sleepers.reduce((sum, host) => add(sum, heldBy(host)), now);
    const staying = hosts.filter((host) => !sleepers.includes(host));
    const taken = staying.reduce((sum, host) => sum + heldBy(host).mainBytes, 0);
    return { ...free, mainBytes: Math.min(free.mainBytes, limitBytes - taken) };
  }

  #refusal(host: ModelHost, need: MemoryNeed, free: Memory): Fault {
    const total = totalOf(need);
    const isMain = total.mainBytes > free.mainBytes;
    const where = isMain ? 'memory' : 'device memory';
    const pick = ({ mainBytes, deviceBytes }: Memory): string => gib(isMain ? mainBytes : deviceBytes);
    const others = this.#options.hosts.filter((other) => other !== host && heldBy(other).mainBytes + heldBy(other).deviceBytes > 0);
    const beside = others.length === 0 ? '' : ` beside ${others.map(({ name }) => `\`${name}\``).join(', ')}`;
    const remedy = isMain ? 'slots, context_tokens or batch_tokens' : 'gpu_layers, slots, context_tokens or batch_tokens';
    return new Fault('INSUFFICIENT_MEMORY', {
      message:
        `The model \`${host.name}\` needs ${pick(total)} of ${where} (${pick(need.weights)} for its weights, ${pick(need.context)} for its slots), ` +
        `and ${pick(free)} are free${beside}. Smaller ${remedy} in its settings make it smaller, and so does a file with fewer bits per weight.`,
    });
  }
}

/** A model, and its adapters. */
function heldBy(host: ModelHost): Memory {
  if (!host.running) return { mainBytes: 0, deviceBytes: 0 };
  return add(totalOf(host.running.model.need), inMemoryOf(host, host.adapters?.loadedBytes ?? 0));
}

/** Adapters lie where the weights lie that they change. */
function inMemoryOf({ running }: ModelHost, bytes: number): Memory {
  const isOnDevice = running !== undefined && running.model.need.weights.deviceBytes > 0;
  return isOnDevice ? { mainBytes: 0, deviceBytes: bytes } : { mainBytes: bytes, deviceBytes: 0 };
}

function fits(need: Memory, free: Memory): boolean {
  return need.mainBytes <= free.mainBytes && need.deviceBytes <= free.deviceBytes;
}

function add(a: Memory, b: Memory): Memory {
  return { mainBytes: a.mainBytes + b.mainBytes, deviceBytes: a.deviceBytes + b.deviceBytes };
}

function gib(bytes: number): string {
  return `${(Math.max(0, bytes) / GIB).toFixed(2)} GiB`;
}
