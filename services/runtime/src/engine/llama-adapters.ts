import { Fault } from '@sluice/platform/fault';
import type { BindingContext, BindingLora } from './binding.ts';
import type { Adapter, AdapterFile } from './engine.ts';

/** What llama.cpp loads, sets and frees adapters with. */
export type AdapterBinding = {
  readonly context: Pick<BindingContext, 'setLoras'>;
  /** Resolves when the weights are in memory, and rejects when llama.cpp does not take the file. */
  readonly load: (path: string) => Promise<BindingLora>;
};

class LlamaAdapter implements Adapter {
  readonly name: string;
  readonly scale: number;
  readonly native: BindingLora;
  /** The binding would follow a pointer to what is not there any more. */
  isGone = false;

  constructor({ name, scale }: AdapterFile, native: BindingLora) {
    this.name = name;
    this.scale = scale;
    this.native = native;
  }
}

/**
 * The adapters of one context. llama.cpp knows one set of them for a whole context, so they change between steps only.
 * The step after such a change builds its graph anew from the model's list of all adapters, so it must not run while one
 * is loaded or freed; other steps may.
 */
export class LlamaAdapters {
  readonly #binding: AdapterBinding;
  #current: LlamaAdapter | undefined;
  #isGraphStale = false;
  #step: Promise<unknown> = Promise.resolve();
  #lastChange: Promise<unknown> = Promise.resolve();
  #runningChange: Promise<unknown> | undefined;
  #isClosed = false;

  constructor(binding: AdapterBinding) {
    this.#binding = binding;
  }

  load(file: AdapterFile): Promise<Adapter> {
    return this.#change(async () => {
      try {
        return new LlamaAdapter(file, await this.#binding.load(file.path));
      } catch (error) {
        throw new Fault('INVALID_VALUE', {
          message: `The adapter \`${file.name}\` cannot be loaded: its file is damaged, or made for another model.`,
          param: 'adapter',
          cause: error,
        });
      }
    });
  }

  unload(adapter: Adapter): Promise<void> {
    const gone = asLlamaAdapter(adapter);
    gone.isGone = true;
    // The model frees its adapters when it goes.
    if (this.#isClosed) return Promise.resolve();
    return this.#change(async () => {
      if (this.#current === gone) this.use(undefined);
      await gone.native.dispose();
    });
  }

  /** Between steps. */
  use(adapter: Adapter | undefined): void {
    if (adapter === this.#current) return;
    const next = adapter && asLlamaAdapter(adapter);
    if (next?.isGone) throw new Error(`the adapter ${next.name} was unloaded`);
    this.#binding.context.setLoras(next ? [next.native] : [], next ? [next.scale] : []);
    this.#current = next;
    this.#isGraphStale = true;
  }

  /** Takes a step, as soon as it may be taken. */
  compute<Result>(step: () => Promise<Result>): Promise<Result> {
    const running = this.#isGraphStale && this.#runningChange ? this.#runningChange.then(step) : step();
    this.#isGraphStale = false;
    this.#step = running;
    return running;
  }

  /** Ends what runs; from now on nothing touches the context, which may go. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#lastChange;
  }

  /** Changes what is loaded: one change at a time, each begun while nothing computes. */
  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new Fault('MODEL_NOT_READY', { message: 'The model is being unloaded.' }));
    const begin = async (): Promise<Result> => {
      for (let step: Promise<unknown> | undefined; step !== this.#step;) {
        step = this.#step;
        await step.catch(() => {});
      }
      const running = change();
      this.#runningChange = running.catch(() => {});
      try {
        return await running;
      } finally {
        this.#runningChange = undefined;
      }
    };
    const result = this.#lastChange.then(begin);
    this.#lastChange = result.catch(() => {});
    return result;
  }
}

function asLlamaAdapter(adapter: Adapter): LlamaAdapter {
  if (adapter instanceof LlamaAdapter) return adapter;
  throw new TypeError(`the adapter ${adapter.name} is of another engine`);
}
