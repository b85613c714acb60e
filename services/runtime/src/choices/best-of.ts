import type { GenerationEvent, Outlet } from '../scheduler/generation.ts';

type Delta = Extract<GenerationEvent, { kind: 'delta' }>;
type ChoiceEnd = Extract<GenerationEvent, { kind: 'choiceEnd' }>;

type Answer = { readonly deltas: Delta[]; logprobs: number; tokens: number; end: ChoiceEnd | undefined };

/** Holds all answers back until the last one ends, then lets the likeliest pass: those with the highest mean logprob a token. */
export class BestOf implements Outlet {
  readonly #outlet: Outlet;
  readonly #answered: number;
  readonly #hasLogprobs: boolean;
  readonly #answers = new Map<number, Answer>();

  constructor({ answered, outlet, hasLogprobs }: { answered: number; outlet: Outlet; hasLogprobs: boolean }) {
    this.#answered = answered;
    this.#outlet = outlet;
    this.#hasLogprobs = hasLogprobs;
  }

  emit(event: GenerationEvent): void {
    if (event.kind === 'delta') this.#gather(event);
    else if (event.kind === 'choiceEnd') this.#answerAt(event.index).end = event;
    else {
      if (event.kind === 'finished') this.#choose();
      this.#outlet.emit(event);
    }
  }

  flush(step: number): void {
    this.#outlet.flush(step);
  }

  #gather(delta: Delta): void {
    const answer = this.#answerAt(delta.index ?? 0);
    const { logprobs: _dropped, ...bare } = delta;
    answer.deltas.push(this.#hasLogprobs ? delta : bare);
    if (delta.isEcho) return;
    for (const { logprob } of delta.logprobs ?? []) {
      answer.logprobs += logprob ?? 0;
      answer.tokens++;
    }
  }

  #choose(): void {
    const best = [...this.#answers.values()].sort((a, b) => meanLogprob(b) - meanLogprob(a)).slice(0, this.#answered);
    for (const [index, { deltas, end }] of best.entries()) {
      for (const delta of deltas) this.#outlet.emit({ ...delta, index });
      if (end) this.#outlet.emit({ ...end, index });
    }
  }

  #answerAt(index: number): Answer {
    let answer = this.#answers.get(index);
    if (!answer) {
      answer = { deltas: [], logprobs: 0, tokens: 0, end: undefined };
      this.#answers.set(index, answer);
    }
    return answer;
  }
}

/** An answer without a token is no answer. */
function meanLogprob({ logprobs, tokens }: Answer): number {
  return tokens === 0 ? -Infinity : logprobs / tokens;
}
