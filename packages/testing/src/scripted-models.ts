import type { Fault } from '@sluice/platform/fault';
import type { LoadStream, RuntimeExtras } from '@sluice/proto/runtime-server';
import { toGrpcStatus } from '@sluice/proto/fault-status';
import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';

/** How long a scripted load takes: longer than anybody waits for its end before they look how far it is. */
const LOAD_MS = 1_500;

type ScriptedModelsOptions = {
  /** What a model is without what a test says of it. */
  readonly statusOf: (model: string) => ModelStatus;
  readonly onChange: () => void;
};

/** What tests say of the models of a scripted worker, and the calls that load, unload and pin them. */
export class ScriptedModels {
  /** How changes are refused from now on. */
  fault: Fault | undefined;
  readonly #options: ScriptedModelsOptions;
  readonly #changes = new Map<string, ModelStatus>();

  constructor(options: ScriptedModelsOptions) {
    this.#options = options;
  }

  set(model: string, change: ModelStatus): void {
    this.#changes.set(model, { ...this.#changes.get(model), ...change });
    this.#options.onChange();
  }

  statusOf(model: string): ModelStatus {
    return { ...this.#options.statusOf(model), ...this.#changes.get(model) };
  }

  get calls(): Pick<RuntimeExtras, 'loadModel' | 'unloadModel' | 'pinModel'> {
    return {
      loadModel: (stream) => this.#load(stream),
      unloadModel: ({ model }) => this.#change(model, { state: 'UNLOADED' }),
      pinModel: ({ model, isPinned }) => this.#change(model, { isPinned }),
    };
  }

  #change(model: string, change: ModelStatus): ModelStatus {
    if (this.fault) throw this.fault;
    this.set(model, change);
    return this.statusOf(model);
  }

  #load(stream: LoadStream): void {
    const { model } = stream.request;
    if (this.fault) {
      stream.emit('error', toGrpcStatus(this.fault));
      return;
    }
    stream.write(this.#change(model, { state: 'LOADING', loadProgress: 0.5 }));
    setTimeout(() => {
      stream.write(this.#change(model, { state: 'READY', loadProgress: 1 }));
      stream.end();
    }, LOAD_MS);
  }
}
