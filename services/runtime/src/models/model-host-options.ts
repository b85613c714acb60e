import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import type { AdapterCatalogue } from '../adapters/adapter-catalogue.ts';
import type { SchedulerObserver } from '../scheduler/observer.ts';
import type { LoadedModel, LoadedVectorModel } from './load-model.ts';
import type { ModelSettings } from './model-settings.ts';

export type ModelHostOptions = {
  readonly settings: ModelSettings;
  /** None where they make no sense. */
  readonly adapters?: AdapterCatalogue | undefined;
  /** Rejects as the signal says where it can still be stopped; a model that is there all the same is closed. */
  readonly load: (steps: HostSteps) => Promise<LoadedModel | LoadedVectorModel>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: SchedulerObserver;
  readonly queueLimit: number;
  readonly prefillStallMs: number;
  /** The engine or its start failed for good; the process should end and be started again. */
  readonly onBroken: (cause: unknown) => void;
};

/** What a load is given by the model that it is for. */
export type HostSteps = { readonly onProgress: (fraction: number) => void; readonly signal: AbortSignal };
