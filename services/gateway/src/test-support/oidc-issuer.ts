import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

type SigningKey = { readonly kid: string; readonly alg: string; readonly privateKey: CryptoKey; readonly jwk: JWK };

/** An OpenID Connect issuer on a real socket. Tests change its public fields to make it misbehave. */
export type OidcIssuer = AsyncDisposable & {
  readonly url: string;
  /** How often its documents were asked for. */
  readonly requests: { discovery: number; keys: number };
  /** What it publishes, in place of the truth. */
  discovery: Record<string, unknown> | undefined;
  /** Every request is answered with this status. */
  failure: number | undefined;
  /** Nothing is answered at all. */
  isHanging: boolean;
  /** Makes another key, publishes it in place of the others, and signs with it from now on. */
  rotate(alg?: string): Promise<SigningKey>;
  /** A token as it issues them, good for ten minutes from the test clock's beginning, with what the test wants different. */
  sign(claims?: Readonly<Record<string, unknown>>, change?: { header?: Record<string, unknown>; key?: SigningKey }): Promise<string>;
  close(): Promise<void>;
};

export const OIDC_AUDIENCE = 'https://sluice.example';
/** Where the test clock begins. */
const NOW_S = Date.UTC(2026, 0, 1) / 1_000;

export async function startOidcIssuer(): Promise<OidcIssuer> {
  let current = await makeKey('RS256');
  const server = createServer((req, res) => {
    if (issuer.isHanging) return;
    if (issuer.failure !== undefined) return send(res, issuer.failure, {});
    if (req.url === '/.well-known/openid-configuration') {
      issuer.requests.discovery += 1;
      return send(res, 200, { issuer: url, jwks_uri: `${url}/keys`, ...issuer.discovery });
    }
    if (req.url === '/keys') {
      issuer.requests.keys += 1;
      return send(res, 200, { keys: [current.jwk] });
    }
    return send(res, 404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const issuer: OidcIssuer = {
    url,
    requests: { discovery: 0, keys: 0 },
    discovery: undefined,
    failure: undefined,
    isHanging: false,
    rotate: async (alg = 'RS256') => {
      current = await makeKey(alg);
      return current;
    },
    sign: (claims = {}, { header = {}, key = current } = {}) => {
      const payload = { iss: url, aud: OIDC_AUDIENCE, sub: 'somebody', iat: NOW_S, exp: NOW_S + 600, ...claims };
      const cleaned: JWTPayload = JSON.parse(JSON.stringify(payload));
      return new SignJWT(cleaned).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header }).sign(key.privateKey);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return issuer;
}

let keys = 0;

async function makeKey(alg: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  keys += 1;
  const kid = `key-${keys}`;
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
