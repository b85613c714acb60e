import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import type { FleetModel, FleetWorker, ModelOutcome, ModelPlace } from '../../../models/model-fleet.ts';
import { toProfileObjects } from '../../../models/profile-objects.ts';

/** A worker, with what its models are doing; its id is its address. */
export function toWorkerObject({ address, condition, status }: FleetWorker) {
  return {
    id: address,
    object: 'sluice.worker',
    state: condition,
    worker_id: status?.workerId ?? null,
    backend: status?.backend ?? null,
    backend_details: status?.backendDetails ?? null,
    engine_version: status?.engineVersion ?? null,
    uptime_s: Math.floor((status?.uptimeMs ?? 0) / 1_000),
    restarts: status?.restarts ?? 0,
    last_exit: status?.lastExit || null,
    models: status?.models.map((model) => ({ model: model.name, state: model.state.toLowerCase() })) ?? [],
  };
}

/** A model, with how it is on each worker that has it; its id is its name. */
export function toFleetModelObject({ name, places }: FleetModel) {
  const status = places.find((place) => place.condition === 'ready')?.status ?? places[0]?.status;
  return {
    id: name,
    object: 'sluice.model',
    tasks: status?.tasks ?? [],
    context_tokens_max: status?.contextTokensMax ?? 0,
    profiles: toProfileObjects(status?.profiles ?? []),
    workers: places.map(toPlaceObject),
  };
}

/** What came of a change, worker by worker. */
export function toOutcomesObject(model: string, outcomes: readonly ModelOutcome[]) {
  return {
    id: model,
    object: 'sluice.model.changed',
    workers: outcomes.map((outcome) =>
      'fault' in outcome
        ? { worker: outcome.worker, state: null, error: { code: outcome.fault.code.toLowerCase(), message: outcome.fault.message } }
        : { worker: outcome.worker, ...toStateObject(outcome.status), error: null },
    ),
  };
}

function toPlaceObject({ worker, condition, status }: ModelPlace) {
  return {
    worker,
    ...toStateObject(status),
    ...(condition === 'unreachable' ? { state: condition } : {}),
    slots_total: status.slotsTotal,
    slots_busy: status.slotsBusy,
    queue_depth: status.queueDepth,
    queue_limit: status.queueLimit,
    kv_used_tokens: status.kvUsedTokens,
    kv_total_tokens: status.kvTotalTokens,
    memory_bytes: status.memoryBytes,
    device_memory_bytes: status.deviceMemoryBytes,
    loaded_at: status.createdUnixS || null,
  };
}

function toStateObject({ state, loadProgress, isPinned, problem }: ModelStatus__Output) {
  return {
    state: state.toLowerCase(),
    load_progress: Math.round(loadProgress * 1_000) / 1_000,
    pinned: isPinned,
    problem: problem || null,
  };
}
