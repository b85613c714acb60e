type Call<Item, Answer> = {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

type TurnBatchOptions<Item, Answer> = {
  /** Answers in the order of the items. */
  readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly sizeMax: number;
  /** Whether one item of a batch that was rejected may have spoiled it for the others, with nothing carried out. */
  readonly isSpoilt: (error: unknown) => boolean;
};

/** Puts calls together that are made in one turn of the event loop: what one costs, many cost. */
export class TurnBatch<Item, Answer> {
  readonly #run: TurnBatchOptions<Item, Answer>['run'];
  readonly #sizeMax: number;
  readonly #isSpoilt: (error: unknown) => boolean;
  #calls: Call<Item, Answer>[] = [];

  constructor({ run, sizeMax, isSpoilt }: TurnBatchOptions<Item, Answer>) {
    this.#run = run;
    this.#sizeMax = sizeMax;
    this.#isSpoilt = isSpoilt;
  }

  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // After everything that has arrived was read.
      if (this.#calls.length === 0) setImmediate(() => this.#send());
      this.#calls.push({ item, resolve, reject });
    });
  }

  #send(): void {
    const calls = this.#calls;
    this.#calls = [];
    for (let i = 0; i < calls.length; i += this.#sizeMax) void this.#answer(calls.slice(i, i + this.#sizeMax));
  }

  async #answer(calls: readonly Call<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#run(calls.map(({ item }) => item));
      for (const [i, { resolve }] of calls.entries()) resolve(answers[i] as Answer);
    } catch (error) {
      if (calls.length > 1 && this.#isSpoilt(error)) await Promise.all(calls.map((call) => this.#answer([call])));
      else for (const { reject } of calls) reject(error);
    }
  }
}
