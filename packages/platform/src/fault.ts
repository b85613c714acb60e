import { errorText } from './error-text.ts';
import { CODES, type FaultCode } from './codes.ts';

export type FaultDetails = {
  /** What a client may read. Must not hold anything the client did not send or may not know. */
  readonly message: string;
  /** The request field at fault, in OpenAI's `param` notation, e.g. `messages[0].content`. */
  readonly param?: string | undefined;
  /** What an operator needs; logged, never sent. */
  readonly internal?: string | undefined;
  readonly cause?: unknown;
  /** Prompt tokens that were read before it failed. */
  readonly spentTokens?: number | undefined;
  /** When the same request may succeed, where that is known. */
  readonly retryAfterMs?: number | undefined;
};

/** An error whose meaning is known: `code` decides every transport's answer, `message` is safe to send. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly param: string | undefined;
  readonly internal: string | undefined;
  readonly spentTokens: number;
  readonly retryAfterMs: number | undefined;

  constructor(code: FaultCode, details: FaultDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.param = details.param;
    this.internal = details.internal;
    this.spentTokens = details.spentTokens ?? 0;
    this.retryAfterMs = details.retryAfterMs;
  }

  get retryable(): boolean {
    return CODES[this.code].retryable;
  }
}

/** Returns the error when it already is a Fault, else an INTERNAL Fault that hides its text from clients. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('INTERNAL', {
    message: 'The server had an error while processing your request. Sorry about that!',
    internal: errorText(error),
    cause: error,
  });
}
