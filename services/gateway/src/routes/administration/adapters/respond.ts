import type { AdapterName, AdapterOutcome, KnownAdapter } from '../../../adapters/adapter-fleet.ts';

const STATES = { ADAPTER_STATE_UNSPECIFIED: 'unknown', AVAILABLE: 'available', LOADED: 'loaded', UNUSABLE: 'unusable' } as const;

/** Its id is what a request names it by. */
export function idOf({ model, name }: AdapterName): string {
  return `${model}:${name}`;
}

export function toAdapterObject({ model, name, places }: KnownAdapter) {
  return {
    id: idOf({ model, name }),
    object: 'sluice.adapter',
    model,
    name,
    // Nobody knows the size of one that was never downloaded.
    size_bytes: Math.max(0, ...places.map(({ status }) => status?.sizeBytes ?? 0)) || null,
    workers: places.map(({ worker, status }) => ({
      worker,
      state: status ? STATES[status.state] : 'missing',
      problem: status?.problem || null,
      running: status?.running ?? 0,
    })),
  };
}

/** What came of a change, worker by worker. */
export function toOutcomeObject(adapter: AdapterName, outcomes: readonly AdapterOutcome[]) {
  return {
    id: idOf(adapter),
    model: adapter.model,
    name: adapter.name,
    size_bytes: Math.max(0, ...outcomes.map(({ sizeBytes }) => sizeBytes)),
    workers: outcomes.map(({ worker, fault }) => ({
      worker,
      error: fault ? { code: fault.code.toLowerCase(), message: fault.message } : null,
    })),
  };
}
