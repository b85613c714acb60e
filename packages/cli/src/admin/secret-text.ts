import { formatTime } from './format.ts';

type Secret = { readonly value: string; readonly expiresAt: number | null | undefined };

/** A key that was just made, so that nobody overlooks that it is shown once. */
export function secretText(title: string, { value, expiresAt }: Secret, more: readonly string[] = []): string {
  const expires = expiresAt === null || expiresAt === undefined ? 'It does not expire.' : `It expires at ${formatTime(expiresAt)}.`;
  return `${title}\n\n  ${value}\n\nStore it now: it is not shown again, and only its hash is kept. ${expires}\n${more.map((line) => `${line}\n`).join('')}`;
}
