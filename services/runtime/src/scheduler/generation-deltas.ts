import type { TokenLogprobs } from '../engine/engine.ts';
import type { DeltaDetails, GenerationRequest, LogprobOfToken, OutputPiece } from './generation.ts';

type Logprobs = NonNullable<DeltaDetails['logprobs']>[number];

/** What one generation's client is told of its tokens: the prompt where it is to be echoed, then the output, piece by piece. */
export class GenerationDeltas {
  readonly #request: GenerationRequest;
  #tokens: number[] = [];
  #logprobs: Logprobs[] = [];
  /** Of the prompt, as far as it has been read. */
  #promptLogprobs: Logprobs[] = [];
  #hasEchoed = false;
  #hasCalledTools = false;

  constructor(request: GenerationRequest) {
    this.#request = request;
  }

  get hasCalledTools(): boolean {
    return this.#hasCalledTools;
  }

  /** How many of the likeliest tokens an echo that is yet to come wants with each of the prompt's; undefined where none is wanted. */
  get promptLogprobsWanted(): number | undefined {
    return this.#hasEchoed ? undefined : this.#request.echo?.logprobs;
  }

  addPrompt(logprobs: readonly TokenLogprobs[]): void {
    for (const each of logprobs) this.#promptLogprobs.push(this.#withBytes(each));
  }

  /** The prompt will be read again from its beginning. */
  forgetPrompt(): void {
    this.#promptLogprobs = [];
  }

  /** Sends the prompt, where that is asked for, once. */
  echo(): void {
    const { echo, prompt, outlet } = this.#request;
    if (!echo || this.#hasEchoed) return;
    this.#hasEchoed = true;
    const first = { ...this.#named({ tokenId: prompt[0] ?? 0, logprob: undefined }), top: [] };
    outlet.emit({
      kind: 'delta',
      text: echo.text,
      isEcho: true,
      ...(echo.logprobs === undefined ? { tokenIds: [] } : { tokenIds: [...prompt], logprobs: [first, ...this.#promptLogprobs] }),
    });
    this.#promptLogprobs = [];
  }

  /** A token of the output, whose text `send` brings. */
  add(token: number, logprobs: TokenLogprobs | undefined): void {
    this.#tokens.push(token);
    if (logprobs) this.#logprobs.push(this.#withBytes(logprobs));
  }

  /** Tokens without text of their own travel with the next text, or at the end. */
  send({ text, reasoning, toolCalls }: OutputPiece, isLast: boolean): void {
    if (toolCalls) this.#hasCalledTools = true;
    const isEmpty = text === '' && !reasoning && !toolCalls;
    if (isEmpty && !(isLast && this.#tokens.length > 0)) return;
    this.#request.outlet.emit({
      kind: 'delta',
      text,
      tokenIds: this.#tokens,
      ...(reasoning === undefined ? undefined : { reasoning }),
      ...(toolCalls === undefined ? undefined : { toolCalls }),
      ...(this.#logprobs.length === 0 ? undefined : { logprobs: this.#logprobs }),
    });
    this.#tokens = [];
    this.#logprobs = [];
  }

  #withBytes({ top, ...sampled }: TokenLogprobs): Logprobs {
    return { ...this.#named(sampled), top: top.map((other) => this.#named(other)) };
  }

  #named({ tokenId, logprob }: { tokenId: number; logprob: number | undefined }): LogprobOfToken {
    return { tokenId, logprob, bytes: this.#request.tokenBytes?.[tokenId] ?? NO_BYTES };
  }
}

const NO_BYTES = new Uint8Array(0);
