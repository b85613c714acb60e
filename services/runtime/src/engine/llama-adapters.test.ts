import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { LlamaAdapters } from './llama-adapters.ts';

/** A binding that writes down what is done to it; loads and steps end when the test says so. */
function setUp() {
  const events: string[] = [];
  const gates = new Map<string, () => void>();
  const held = (name: string): Promise<void> => new Promise((resolve) => gates.set(name, resolve));
  const names = new Map<object, string>();
  const adapters = new LlamaAdapters({
    context: {
      setLoras: (loras, scales) => void events.push(`set ${loras.map((lora, i) => `${names.get(lora)}*${scales[i]}`).join() || 'none'}`),
    },
    load: async (path) => {
      events.push(`load ${path}`);
      await held(path);
      events.push(`loaded ${path}`);
      const native = { dispose: () => Promise.resolve(void events.push(`freed ${path}`)) };
      names.set(native, path);
      return native;
    },
  });
  return {
    events,
    adapters,
    release: async (name: string): Promise<void> => {
      gates.get(name)?.();
      await nextTurn();
    },
    step: (name: string): Promise<void> =>
      adapters.compute(async () => {
        events.push(`begin ${name}`);
        await held(name);
        events.push(`end ${name}`);
      }),
    load: async (path: string) => {
      const loading = adapters.load({ path, name: path, scale: 0.5 });
      await nextTurn();
      gates.get(path)?.();
      const adapter = await loading;
      events.length = 0;
      return adapter;
    },
  };
}

describe('adapters of a context', () => {
  test('are set with their scale when they change, and not again', async () => {
    const { adapters, events, load } = setUp();
    const red = await load('red');
    for (const adapter of [red, red, undefined, undefined, red]) adapters.use(adapter);
    expect(events).toEqual(['set red*0.5', 'set none', 'set red*0.5']);
  });

  test('are loaded while others compute, beginning between two steps', async () => {
    const { adapters, events, step, release } = setUp();
    const first = step('one');
    const loading = adapters.load({ path: 'red', name: 'red', scale: 1 });
    await nextTurn();
    expect(events).toEqual(['begin one']);
    await release('one');
    await first;
    const second = step('two');
    await nextTurn();
    expect(events).toEqual(['begin one', 'end one', 'load red', 'begin two']);
    await release('two');
    await release('red');
    await Promise.all([second, loading]);
  });

  test('that change are computed with once nothing is loaded or freed', async () => {
    const { adapters, events, step, release, load } = setUp();
    const red = await load('red');
    const loading = adapters.load({ path: 'blue', name: 'blue', scale: 1 });
    await nextTurn();
    adapters.use(red);
    const stepping = step('one');
    await nextTurn();
    expect(events).toEqual(['load blue', 'set red*0.5']);
    await release('blue');
    await loading;
    await release('one');
    await stepping;
    expect(events).toEqual(['load blue', 'set red*0.5', 'loaded blue', 'begin one', 'end one']);
  });

  test('are freed between steps, and out of the context by then', async () => {
    const { adapters, events, step, release, load } = setUp();
    const red = await load('red');
    adapters.use(red);
    const stepping = step('one');
    const unloading = adapters.unload(red);
    await nextTurn();
    expect(events).toEqual(['set red*0.5', 'begin one']);
    await release('one');
    await Promise.all([stepping, unloading]);
    expect(events).toEqual(['set red*0.5', 'begin one', 'end one', 'set none', 'freed red']);
  });

  test('that were freed are refused', async () => {
    const { adapters, events, load } = setUp();
    const red = await load('red');
    const unloading = adapters.unload(red);
    expect(() => adapters.use(red)).toThrow('the adapter red was unloaded');
    await unloading;
    expect(() => adapters.use(red)).toThrow('the adapter red was unloaded');
    expect(events).toEqual(['freed red']);
  });

  test('are left alone once the context is going', async () => {
    const { adapters, events, load } = setUp();
    const red = await load('red');
    adapters.use(red);
    await adapters.close();
    await adapters.unload(red);
    await expect(adapters.load({ path: 'blue', name: 'blue', scale: 1 })).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    expect(events).toEqual(['set red*0.5']);
  });

  test('of another engine are refused', async () => {
    const { adapters } = setUp();
    expect(() => adapters.use({ name: 'red' })).toThrow('of another engine');
    await expect((async () => adapters.unload({ name: 'red' }))()).rejects.toThrow('of another engine');
  });
});
