import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import type { ProfileStatus } from '@sluice/proto/v1/ProfileStatus';
import type { Task } from './formats.ts';
import { totalOf, type Memory } from './memory-need.ts';
import type { ModelSettings } from './model-settings.ts';
import type { ModelState, Ready } from './model-state.ts';
import type { Profile } from './profile.ts';

/** How a model last ran: what is told of it while it does not, and nothing that would hold its memory. */
export type LastRun = {
  readonly task: Task;
  readonly slots: number;
  readonly contextTokens: number;
  readonly sinceUnixS: number;
  readonly backendDetails: string;
  readonly memory: Memory;
};

export function lastRunOf({ task, model, sinceUnixS }: Ready): LastRun {
  const { slots, contextTokens } = model.engine;
  return { task, slots, contextTokens, sinceUnixS, backendDetails: model.backendDetails, memory: totalOf(model.need) };
}

/** What a model is, whether it is loaded or not: as it was when it last ran, else as its settings say. */
export function restingStatus(settings: ModelSettings, last: LastRun | undefined): ModelStatus {
  const task = last?.task ?? settings.task;
  return {
    name: settings.name,
    // A file that was never read, and of which nobody said it, may do anything.
    tasks: task === undefined ? [] : [task],
    slotsTotal: last?.slots ?? settings.slots ?? 0,
    contextTokensMax: last?.contextTokens ?? settings.contextTokens ?? 0,
    createdUnixS: last?.sinceUnixS ?? 0,
    memoryBytes: last?.memory.mainBytes ?? 0,
    deviceMemoryBytes: last?.memory.deviceBytes ?? 0,
    profiles: settings.profiles.map(toProfileStatus),
  };
}

/** Also where nobody knows yet what it is for. */
export function mayGenerate({ task: said }: ModelSettings, last: LastRun | undefined): boolean {
  const task = last?.task ?? said;
  return task === undefined || task === 'generate';
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
      // One that falls asleep takes requests already: they wake it as soon as it sleeps.
      return state.to === 'asleep' ? { state: 'ASLEEP', problem: '' } : { ...runningStatus(state.ready), state: 'DRAINING' };
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
