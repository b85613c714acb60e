import type { SamplerParams } from '@sluice/runtime/engine/engine';
import { GREEDY } from '@sluice/runtime/engine/greedy';
import type { FinishReason } from '@sluice/runtime/scheduler/generation';
import { OutputText } from '@sluice/runtime/text/output-text';
import type { EngineUnderTest } from './engine-load.ts';
import { createRandom } from '@sluice/testing/seeded-random';

export type GenerationTimes = { readonly tokenMs: readonly number[]; readonly submittedMs: number; readonly reason: FinishReason };

type GenerationSize = {
  readonly seed: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Instead of greedy. */
  readonly sampling?: Partial<SamplerParams>;
  /** Instead of random tokens. */
  readonly prompt?: Uint32Array;
};

/** Runs one greedy generation of exactly `outputTokens` from a random prompt and notes when each token came. */
export const generate = ({ model, scheduler }: EngineUnderTest, size: GenerationSize): Promise<GenerationTimes> =>
  new Promise((resolve, reject) => {
    const tokenMs: number[] = [];
    const submittedMs = performance.now();
    const text = new OutputText(model.tokenizer.tokenBytes, { stop: [], includeStop: false });
    scheduler.submit({
      prompt: size.prompt ?? randomPrompt(size, model.tokenizer.vocabularySize),
      sampling: { ...GREEDY, seed: size.seed, banEndOfGeneration: true, ...size.sampling },
      maxTokens: size.outputTokens,
      totalTokensMax: undefined,
      minTokens: 0,
      stopTokenIds: new Set(),
      ignoreEos: true,
      priority: 0,
      queueTimeoutMs: 600_000,
      text: {
        // Counted here and not by text: a token may stand for half a character.
        push(token) {
          tokenMs.push(performance.now());
          return text.push(token);
        },
        flush: () => text.flush(),
      },
      outlet: {
        emit(event) {
          if (event.kind === 'failed') reject(event.fault);
          if (event.kind === 'finished') resolve({ tokenMs, submittedMs, reason: event.reason });
        },
        flush: () => {},
      },
    });
  });

/** Token ids below 256 of every vocabulary are ordinary pieces of text after the first few markers. */
const randomPrompt = ({ seed, promptTokens }: GenerationSize, vocabularySize: number): Uint32Array => {
  const random = createRandom(seed, 'tokens');
  return Uint32Array.from({ length: promptTokens }, () => 3 + Math.floor(random() * (Math.min(256, vocabularySize) - 3)));
};
