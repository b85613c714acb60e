import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pino } from 'pino';
import { PriceBook } from './price-book.ts';
import type { ModelPrice } from './price-store.ts';

const LOG = pino({ level: 'silent' });
const CHEAP: ModelPrice = { inputMicroUsd: 150_000, cachedInputMicroUsd: 75_000, outputMicroUsd: 600_000 };

function createBook(prices: Record<string, ModelPrice>) {
  const store = {
    prices,
    reads: 0,
    failure: undefined as Error | undefined,
    /** Reads wait for it. */
    gate: Promise.resolve(),
    async readAll() {
      store.reads += 1;
      const { prices: seen, failure } = store;
      await store.gate;
      if (failure) throw failure;
      return new Map(Object.entries(seen));
    },
  };
  return { store, book: new PriceBook({ store, log: LOG }) };
}

const usage = (promptTokens: number, cachedTokens: number, completionTokens: number) => ({ promptTokens, cachedTokens, completionTokens });

describe('the price book', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('gives the exact cost in whole nano-dollars, rounded up, for any price and any usage', async () => {
    const price = fc.oneof(fc.nat({ max: 1_000_000_000 }), fc.maxSafeNat());
    const tokens = fc.oneof(fc.nat({ max: 10_000 }), fc.nat({ max: 2_000_000_000 }));
    await fc.assert(
      fc.asyncProperty(fc.tuple(price, price, price), fc.tuple(tokens, tokens, tokens), async ([input, cachedInput, output], [a, b, c]) => {
        const [cached, prompt] = [Math.min(a, b), Math.max(a, b)];
        const { book } = createBook({ m: { inputMicroUsd: input, cachedInputMicroUsd: cachedInput, outputMicroUsd: output } });
        await book.start();
        // In billionths of a micro-dollar, so that nothing is rounded before the end.
        const exact = BigInt(prompt - cached) * BigInt(input) + BigInt(cached) * BigInt(cachedInput) + BigInt(c) * BigInt(output);
        const nanoUsd = exact / 1_000n + (exact % 1_000n === 0n ? 0n : 1n);
        expect(book.costNanoUsd(['m'], usage(prompt, cached, c))).toBe(Number(nanoUsd));
        await book.close();
      }),
    );
  });

  test('reserves at least what a request can cost', async () => {
    const price = fc.nat({ max: 100_000_000 });
    const tokens = fc.nat({ max: 200_000 });
    await fc.assert(
      fc.asyncProperty(fc.tuple(price, price, price), fc.tuple(tokens, tokens, tokens), async ([input, cachedInput, output], [a, b, c]) => {
        const { book } = createBook({ m: { inputMicroUsd: input, cachedInputMicroUsd: cachedInput, outputMicroUsd: output } });
        await book.start();
        const { promptNanoUsdPerToken, outputNanoUsdPerToken } = book.estimate(['m']);
        const reserved = Math.ceil(Math.max(a, b) * promptNanoUsdPerToken) + Math.ceil(c * outputNanoUsdPerToken);
        expect(book.costNanoUsd(['m'], usage(Math.max(a, b), Math.min(a, b), c))).toBeLessThanOrEqual(reserved);
        await book.close();
      }),
    );
  });

  test('charges cached tokens their own price, and never more of them than the prompt has', async () => {
    const { book } = createBook({ m: CHEAP });
    await book.start();
    expect(book.costNanoUsd(['m'], usage(1_000, 0, 0))).toBe(150_000);
    expect(book.costNanoUsd(['m'], usage(1_000, 1_000, 0))).toBe(75_000);
    expect(book.costNanoUsd(['m'], usage(1_000, 5_000, 0))).toBe(75_000);
    await book.close();
  });

  test('gives an adapter the price of its base, unless it has its own', async () => {
    const dear = { ...CHEAP, outputMicroUsd: 6_000_000 };
    const { book } = createBook({ base: CHEAP, 'base:dear': dear });
    await book.start();
    const cost = (...names: string[]): number => book.costNanoUsd(names, usage(0, 0, 10));
    expect([cost('base'), cost('base:other', 'base'), cost('base:dear', 'base'), cost('base:other'), cost('')]).toEqual([
      6_000, 6_000, 60_000, 0, 0,
    ]);
    expect(book.estimate(['base:other', 'base'])).toEqual({ promptNanoUsdPerToken: 150, outputNanoUsdPerToken: 600 });
    expect(book.estimate(['unknown'])).toEqual({ promptNanoUsdPerToken: 0, outputNanoUsdPerToken: 0 });
    await book.close();
  });

  test('takes up a changed price by itself within half a minute, and at once when told', async () => {
    const { store, book } = createBook({ m: CHEAP });
    await book.start();
    store.prices = { m: { ...CHEAP, outputMicroUsd: 1_000 } };
    await jest.advanceTimersByTimeAsync(30_000);
    expect(book.costNanoUsd(['m'], usage(0, 0, 1))).toBe(1);
    store.prices = { m: { ...CHEAP, outputMicroUsd: 2_000 } };
    await book.refresh();
    expect(book.costNanoUsd(['m'], usage(0, 0, 1))).toBe(2);
    await book.close();
  });

  test('a refresh asked for during a read is a read of its own, shared by all who ask meanwhile', async () => {
    const { store, book } = createBook({ m: CHEAP });
    await book.start();
    let open = (): void => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const early = book.refresh();
    await jest.advanceTimersByTimeAsync(0);
    store.prices = { m: { ...CHEAP, outputMicroUsd: 2_000 } };
    const late = [book.refresh(), book.refresh()];
    open();
    await Promise.all([early, ...late]);
    expect(book.costNanoUsd(['m'], usage(0, 0, 1))).toBe(2);
    expect(store.reads).toBe(3);
    await book.close();
  });

  test('keeps the prices it has while the database is away, and tries every second when it has none', async () => {
    const { store, book } = createBook({ m: CHEAP });
    store.failure = new Error('connection refused');
    await book.start();
    expect(book.isLoaded).toBe(false);
    store.failure = undefined;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(book.isLoaded).toBe(true);
    store.failure = new Error('connection refused');
    await book.refresh();
    expect(book.costNanoUsd(['m'], usage(0, 0, 1))).toBe(600);
    await book.close();
  });

  test('keeps nobody waiting for prices longer than a second', async () => {
    const { store, book } = createBook({ m: CHEAP });
    await book.start();
    let open = (): void => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const over = jest.fn();
    const refreshed = book.refresh().finally(over);
    await jest.advanceTimersByTimeAsync(999);
    expect(over).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await refreshed;
    open();
    await book.close();
  });

  test('reads nothing any more once it is closed', async () => {
    const { store, book } = createBook({ m: CHEAP });
    await book.start();
    await book.close();
    await jest.advanceTimersByTimeAsync(120_000);
    expect(store.reads).toBe(1);
  });
});
