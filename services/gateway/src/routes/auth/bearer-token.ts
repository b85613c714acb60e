import type { IncomingMessage } from 'node:http';
import { Fault } from '@sluice/platform/fault';

const NO_TOKEN =
  'You need to provide an access token in an Authorization header (i.e. Authorization: Bearer YOUR_TOKEN). POST /auth/login gives you one.';

/** The token of `Authorization: Bearer …`. Throws MISSING_API_KEY when there is none. */
export function bearerTokenOf(req: IncomingMessage): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new Fault('MISSING_API_KEY', { message: NO_TOKEN });
  return token;
}
