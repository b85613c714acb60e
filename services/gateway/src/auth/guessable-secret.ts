const LENGTH_MIN = 32;
/** Random hex of 32 has at least 10 different characters. */
const CHARACTERS_MIN = 8;
const PLACEHOLDER = /change.?me|example|default|password|insecure|placeholder|(my|your|the|a).?secret/i;

/** Why a secret that somebody set could be guessed; undefined when it looks random. */
export function guessableReason(secret: string): string | undefined {
  if (secret.length < LENGTH_MIN) return `must have at least ${LENGTH_MIN} characters`;
  const isRepeated = `${secret}${secret}`.indexOf(secret, 1) < secret.length;
  const isPoor = new Set(secret).size < CHARACTERS_MIN || isRepeated || isCounted(secret) || PLACEHOLDER.test(secret);
  return isPoor ? 'must be random, e.g. from `openssl rand -hex 32`' : undefined;
}

/** Like `abcdef…` and `0123456789…`. */
function isCounted(secret: string): boolean {
  let steps = 0;
  for (let i = 1; i < secret.length; i++) if (secret.charCodeAt(i) === secret.charCodeAt(i - 1) + 1) steps += 1;
  return steps > secret.length / 2;
}
