/** What may be read of an error's text: an ORM quotes whole statements with all their values in its complaints. */

/** API keys and admin keys, refresh tokens, signing secrets, hashes of 32 bytes, stored passwords, access tokens. */
const SECRETS =
  /\b(?:sk-(?:admin-)?[0-9A-Za-z]{12}-[0-9A-Za-z]{20,}|rt_[\w-]{20,}|sks_[\w-]{16,}|[0-9a-f]{64}|ey[\w-]{8,}\.[\w-]{8,}\.[\w-]*)|\$?scrypt\$[^\s"']+/g;
const QUOTES_VALUES = 'PrismaClientValidationError';
const LENGTH_MAX = 2_000;

/** The text without anything that looks like one of our secrets, and not longer than a log line bears. */
export function withoutSecrets(text: string): string {
  return text.slice(0, LENGTH_MAX).replaceAll(SECRETS, '[redacted]');
}

/** An error's name and message for operators. Of one that quotes what it was given, only the complaint itself. */
export function errorText(error: unknown): string {
  if (!isErrorLike(error)) return withoutSecrets(String(error));
  const { name, message } = error;
  return withoutSecrets(`${name}: ${name === QUOTES_VALUES ? complaintOf(message) : message}`);
}

/** The same for its stack, whose first lines are the message. */
export function errorStack(error: unknown): string | undefined {
  if (!isErrorLike(error) || error.stack === undefined) return undefined;
  return withoutSecrets(error.name === QUOTES_VALUES ? framesOf(error.stack) : error.stack);
}

type ErrorLike = { readonly name: string; readonly message: string; readonly stack?: string | undefined };

/** Inside Jest, Node's own errors are not instances of `Error`. */
function isErrorLike(error: unknown): error is ErrorLike {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error && typeof error.message === 'string';
}

/** The last paragraph says what is wrong; those before it are the call. */
function complaintOf(message: string): string {
  return message.trimEnd().split('\n\n').at(-1) ?? '';
}

function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
