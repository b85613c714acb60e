const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a token whose bytes are whole characters; undefined where they are a part of one. */
export function wholeText(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** `\xe2\x80`, as OpenAI writes bytes that are no text. */
export function escapeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.raw`\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** What OpenAI writes for "hardly ever", and JSON has no infinity. */
const LOGPROB_MIN = -9999;

export function toFiniteLogprob(logprob: number | undefined): number {
  return Math.max(logprob ?? 0, LOGPROB_MIN);
}
