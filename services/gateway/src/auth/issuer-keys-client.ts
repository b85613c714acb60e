import type { Clock } from '@sluice/platform/clock';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, type LocalJWKSet } from 'jose';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';
import { isSafeUrl } from './safe-url.ts';

/** A key that the issuer has withdrawn is refused after this. */
const FRESH_MS = 600_000;
/** A key that is not in the set may be a new one: that is looked up at most this often, whatever tokens arrive. */
const REFETCH_MS = 30_000;
/** After a failure nobody waits for the issuer again for this long. */
const PAUSE_MS = 5_000;
/** The keys that are known go on working while the issuer is away, but not for ever. */
const STALE_MS = 3_600_000;

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isSafeUrl, 'is neither https nor on this machine') });
const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

type KeySet = { readonly getKey: LocalJWKSet; readonly fetchedAtMs: number };

/** The signing keys of an OpenID Connect issuer, found by discovery and kept in memory. */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #clock: Clock;
  #keySet: KeySet | undefined;
  #fetching: Promise<KeySet> | undefined;
  #failure: { readonly cause: unknown; readonly atMs: number } | undefined;

  constructor(options: { issuer: string; clock: Clock }) {
    this.#issuer = options.issuer;
    this.#clock = options.clock;
  }

  /** The key that a token's header asks for. Rejects with a JOSEError when there is none, with any other error when the issuer cannot be asked. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keySet = await this.#current();
    try {
      return await keySet.getKey(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#ageMs(keySet.fetchedAtMs) < REFETCH_MS) throw error;
      return (await this.#fetch().catch(() => keySet)).getKey(header, token);
    }
  };

  async #current(): Promise<KeySet> {
    const known = this.#keySet;
    const ageMs = known ? this.#ageMs(known.fetchedAtMs) : Infinity;
    if (known && ageMs < FRESH_MS) return known;
    if (!known || ageMs >= STALE_MS) return this.#fetch();
    return this.#fetch().catch(() => known);
  }

  /** One request however many ask. */
  #fetch(): Promise<KeySet> {
    if (this.#fetching) return this.#fetching;
    if (this.#failure && this.#ageMs(this.#failure.atMs) < PAUSE_MS) return Promise.reject(this.#failure.cause);
    this.#fetching = this.#read()
      .then((keySet) => {
        this.#failure = undefined;
        this.#keySet = keySet;
        return keySet;
      })
      .catch((cause: unknown) => {
        this.#failure = { cause, atMs: this.#clock.monotonicMs() };
        throw cause;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #read(): Promise<KeySet> {
    const fetchedAtMs = this.#clock.monotonicMs();
    const discovery = discoverySchema.parse(await fetchJson(`${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
    if (discovery.issuer !== this.#issuer) throw new Error('the discovery document names another issuer');
    const keySet: JSONWebKeySet = keySetSchema.parse(await fetchJson(discovery.jwks_uri));
    return { getKey: createLocalJWKSet(keySet), fetchedAtMs };
  }

  #ageMs(atMs: number): number {
    return this.#clock.monotonicMs() - atMs;
  }
}
