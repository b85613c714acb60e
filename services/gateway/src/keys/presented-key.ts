import type { IncomingMessage } from 'node:http';
import { Fault } from '@sluice/platform/fault';

/**
 * Anthropic's SDK sends its key as `x-api-key`; it becomes a bearer token, so that one strategy reads both. A Fault when
 * the two headers do not say the same: which of them counts is nothing to guess about.
 */
export function unifyKeyHeaders(req: IncomingMessage): Fault | undefined {
  const { 'x-api-key': apiKey, authorization } = req.headers;
  if (typeof apiKey !== 'string' || apiKey === '') return undefined;
  if (authorization === undefined) {
    req.headers.authorization = `Bearer ${apiKey}`;
    return undefined;
  }
  if (/^Bearer (.*)$/i.exec(authorization)?.[1] === apiKey) return undefined;
  return new Fault('INVALID_API_KEY', {
    message: 'The headers Authorization and x-api-key hold different keys. Send only one of them.',
    internal: 'key refused: ambiguous',
  });
}
