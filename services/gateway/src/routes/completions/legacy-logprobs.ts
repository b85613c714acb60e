import type { TokenLogprob__Output } from '@sluice/proto/v1/TokenLogprob';
import { escapeBytes, toFiniteLogprob, wholeText } from '../token-text.ts';

/** `choices[].logprobs` of one choice, piece by piece: where a token stands in the text depends on all before it. */
export class LegacyLogprobs {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #offset = 0;

  take(logprobs: readonly TokenLogprob__Output[]) {
    return {
      tokens: logprobs.map(nameOf),
      // Nothing comes before the first token of a prompt, so nothing is known of it.
      token_logprobs: logprobs.map(({ logprob }) => (logprob === undefined ? null : toFiniteLogprob(logprob))),
      top_logprobs: logprobs.map((token) => (token.logprob === undefined ? null : toTop(token))),
      text_offset: logprobs.map(({ bytes }) => this.#advance(bytes)),
    };
  }

  /** In characters, as Python counts them; those that a token only completes are counted for the tokens after it. */
  #advance(bytes: Uint8Array): number {
    const at = this.#offset;
    for (const _character of this.#decoder.decode(bytes, { stream: true })) this.#offset += 1;
    return at;
  }
}

/** The token itself is among them, however unlikely it was. */
function toTop(token: TokenLogprob__Output): Record<string, number> {
  return Object.fromEntries([...token.top, token].map((each) => [nameOf(each), toFiniteLogprob(each.logprob)]));
}

function nameOf({ bytes }: TokenLogprob__Output): string {
  return wholeText(bytes) ?? `bytes:${escapeBytes(bytes)}`;
}
