import { createHash } from 'node:crypto';
import { Fault } from '@sluice/platform/fault';
import type { z } from 'zod';

const PREFIX = 'page_';
const FINGERPRINT_LENGTH = 16;
export const CURSOR_LENGTH_MAX = 512;

/** Names where a listing goes on. It is good only for the same question: `question` is everything that decides what is listed, but for how much at once. */
export function encodeCursor(question: unknown, position: unknown): string {
  return PREFIX + Buffer.from(JSON.stringify([fingerprint(question), position])).toString('base64url');
}

/** Where to go on. What it gives is as trustworthy as the client, so it must only ever narrow what the client may see. Throws a Fault for a cursor of another question, or for none at all. */
export function decodeCursor<Position extends z.ZodType>(cursor: string, question: unknown, position: Position): z.infer<Position> {
  const [of, at] = readPair(cursor);
  const parsed = position.safeParse(at);
  if (of === fingerprint(question) && parsed.success) return parsed.data;
  throw new Fault('INVALID_VALUE', {
    message:
      "Invalid value for 'page': it is not a cursor of this question. Repeat every other parameter as it was, or start without 'page'.",
    param: 'page',
  });
}

function readPair(cursor: string): readonly unknown[] {
  if (!cursor.startsWith(PREFIX)) return [];
  try {
    const pair: unknown = JSON.parse(Buffer.from(cursor.slice(PREFIX.length), 'base64url').toString());
    return Array.isArray(pair) ? pair : [];
  } catch {
    return [];
  }
}

function fingerprint(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}
