import type { Log } from '@sluice/platform/log';
import type { TokenUsage } from '../inference/token-usage.ts';
import { pause } from '../pause.ts';
import type { ModelPrice, PriceStore } from './price-store.ts';

/** How long a price that was changed on another gateway may stay unknown here. */
const REFRESH_MS = 30_000;
/** Until the first prices are there: without them nothing has a cost. */
const FIRST_TRY_MS = 1_000;
const REFRESH_WAIT_MS = 1_000;
/** Micro-dollars per million tokens are thousandths of nano-dollars per token. */
const PRICE_PER_NANO_USD = 1_000;

/** What a token costs at most, in billionths of a US dollar; may be a fraction. */
export type PriceEstimate = { readonly promptNanoUsdPerToken: number; readonly outputNanoUsdPerToken: number };

const FREE: PriceEstimate = { promptNanoUsdPerToken: 0, outputNanoUsdPerToken: 0 };

/** The prices of all models, in memory: read at start and every half minute. While the database is away the last ones that were read hold. */
export class PriceBook {
  readonly #store: PriceStore;
  readonly #log: Log;
  readonly #refreshMs: number;
  #prices: ReadonlyMap<string, ModelPrice> = new Map();
  #isLoaded = false;
  #isFailing = false;
  #isClosed = false;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ store, log, refreshMs = REFRESH_MS }: { store: PriceStore; log: Log; refreshMs?: number }) {
    this.#store = store;
    this.#log = log;
    this.#refreshMs = refreshMs;
  }

  /** Whether prices were ever read. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Reads the prices and keeps reading them. Resolves after the first try, whatever came of it. */
  start(): Promise<void> {
    return this.#readAnew();
  }

  /** Resolves when prices that were read after this call are in use, or could not be read, or after a second: a request may wait for it. Never rejects. */
  async refresh(): Promise<void> {
    const done = new AbortController();
    const reading = this.#readAnew().then(() => done.abort());
    await Promise.race([reading, pause(REFRESH_WAIT_MS, done.signal)]);
  }

  /**
   * What the usage costs, in billionths of a US dollar, as a whole number: exact, then rounded up. Cached tokens are part of
   * the prompt and have a price of their own. The first of the names that has one counts; without one it costs nothing.
   */
  costNanoUsd(names: readonly string[], { promptTokens, cachedTokens, completionTokens }: TokenUsage): number {
    const price = this.#priceOf(names);
    if (!price) return 0;
    const cached = Math.min(cachedTokens, promptTokens);
    const uncached = promptTokens - cached;
    const cost = uncached * price.inputMicroUsd + cached * price.cachedInputMicroUsd + completionTokens * price.outputMicroUsd;
    // Rounding never brings a sum that is too large below the limit, so a safe one is exact.
    if (Number.isSafeInteger(cost))
      return (cost - (cost % PRICE_PER_NANO_USD)) / PRICE_PER_NANO_USD + (cost % PRICE_PER_NANO_USD > 0 ? 1 : 0);
    const exact =
      BigInt(uncached) * BigInt(price.inputMicroUsd) +
      BigInt(cached) * BigInt(price.cachedInputMicroUsd) +
      BigInt(completionTokens) * BigInt(price.outputMicroUsd);
    return Number((exact + BigInt(PRICE_PER_NANO_USD - 1)) / BigInt(PRICE_PER_NANO_USD));
  }

  /** What each token of a request costs at most, before it is known which of the prompt are cached. */
  estimate(names: readonly string[]): PriceEstimate {
    const price = this.#priceOf(names);
    if (!price) return FREE;
    return {
      promptNanoUsdPerToken: Math.max(price.inputMicroUsd, price.cachedInputMicroUsd) / PRICE_PER_NANO_USD,
      outputNanoUsdPerToken: price.outputMicroUsd / PRICE_PER_NANO_USD,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#next;
    await this.#reading;
  }

  #priceOf(names: readonly string[]): ModelPrice | undefined {
    for (const name of names) {
      const price = this.#prices.get(name);
      if (price) return price;
    }
    return undefined;
  }

  #readAnew(): Promise<void> {
    // A read that has begun may not see what the caller knows of; all who ask meanwhile share the one after it.
    this.#next ??= (this.#reading ?? Promise.resolve()).then(() => {
      this.#next = undefined;
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
        this.#schedule();
      });
      return this.#reading;
    });
    return this.#next;
  }

  async #read(): Promise<void> {
    try {
      this.#prices = await this.#store.readAll();
      this.#isLoaded = true;
      if (this.#isFailing) this.#log.info('prices are read again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({ err: error, isLoaded: this.#isLoaded }, 'prices cannot be read; those known hold');
      this.#isFailing = true;
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed)
      this.#timer = setTimeout(() => void this.#readAnew(), this.#isLoaded ? this.#refreshMs : Math.min(FIRST_TRY_MS, this.#refreshMs));
  }
}
