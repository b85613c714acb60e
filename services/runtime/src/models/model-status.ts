import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import type { ProfileStatus } from '@sluice/proto/v1/ProfileStatus';
import { totalOf } from './memory-need.ts';
import type { ModelSettings } from './model-settings.ts';
import type { ModelState, Ready } from './model-state.ts';
import type { Profile } from './profile.ts';

/** What a model is, whether it is loaded or not: as it was when it last ran, else as its settings say. */
export function restingStatus(settings: ModelSettings, last: Ready | undefined): ModelStatus {
  const need = last && totalOf(last.model.need);
  const task = last?.task ?? settings.task;
  return {
    name: settings.name,
    // A file that was never read, and of which nobody said it, may do anything.
    tasks: task === undefined ? [] : [task],
    slotsTotal: last?.model.engine.slots ?? settings.slots ?? 0,
    contextTokensMax: last?.model.engine.contextTokens ?? settings.contextTokens ?? 0,
    createdUnixS: last?.sinceUnixS ?? 0,
    memoryBytes: need?.mainBytes ?? 0,
    deviceMemoryBytes: need?.deviceBytes ?? 0,
    profiles: settings.profiles.map(toProfileStatus),
  };
}

/** What changes from one moment to the next. */
export function momentaryStatus(state: ModelState): ModelStatus {
  switch (state.kind) {
    case 'asleep':
      return { state: 'ASLEEP', problem: state.problem };
    case 'unloaded':
      return { state: 'UNLOADED', problem: state.problem };
    case 'loading':
      return { state: 'LOADING', loadProgress: state.progress, isWaking: state.isWaking };
    case 'ready':
      return runningStatus(state);
    case 'leaving':
      return { ...runningStatus(state.ready), state: 'DRAINING' };
    case 'failed':
      return { state: 'FAILED', problem: state.problem };
    default:
      return state satisfies never;
  }
}

function runningStatus({ scheduler }: Ready): ModelStatus {
  const { isDraining, ...snapshot } = scheduler.snapshot();
  return { ...snapshot, state: isDraining ? 'DRAINING' : 'READY', loadProgress: 1, prefixDigests: scheduler.prefixDigests() };
}

function toProfileStatus({ name, description, promptTokensMin, settings }: Profile): ProfileStatus {
  return { name, description, promptTokensMin, settingsJson: JSON.stringify(settings) };
}
