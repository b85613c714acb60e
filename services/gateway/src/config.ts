import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commaList, logLevel, milliseconds, parseEnv, port, postgresUrl, redisUrl } from '@sluice/platform/config';
import { connectionDanger } from '@sluice/platform/connection-danger';
import { z } from 'zod';
import type { AuthConfig } from './auth/create-auth.ts';
import { guessableReason } from './auth/guessable-secret.ts';
import { isSafeUrl } from './auth/safe-url.ts';

/** Of peppers that stand in this repository, for tests. */
const KNOWN_PEPPER = /pepper|test/i;

const variables = z.object({
  /** In production, what is merely unwise elsewhere stops the start. */
  ENVIRONMENT: z.enum(['development', 'production']).default('development'),
  /** Interface of the public API. */
  HOST: z.string().default('127.0.0.1'),
  /** 0 takes any free port; the ready line names it. */
  PORT: port.default(8080),
  /** Interface of `GET /metrics`, which asks for no key. */
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: port.default(9464),
  /** Postgres: API keys and request history. */
  DATABASE_URL: postgresUrl,
  /** Keys are stored as hashes under this secret; the gateway refuses to start without one. */
  KEY_PEPPER: z.string({ error: 'must be set: API keys are hashed under it' }).superRefine(refuseGuessable),
  /** Limits, leases, idempotency and the queue of history rows. */
  REDIS_URL: redisUrl('limits are counted there'),
  /** Where history waits while Redis is away; a folder that survives a restart of the process. */
  SPOOL_FOLDER: z.string().default(join(tmpdir(), 'sluice-spool')),
  /** Proxies, as addresses or CIDR ranges, whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: commaList
    .pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: 'must be addresses or CIDR ranges' })))
    .default([]),
  /** Runtime workers as host:port, separated by commas. */
  RUNTIME_ADDRESSES: commaList.pipe(z.array(z.string().regex(/^.+:\d+$/, 'must be host:port')).min(1, 'must name at least one worker')),
  /** What one user, and before it is known who asks one address, may ask of administration at each gateway. */
  ADMIN_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(100_000).default(600),
  /** The largest file of an adapter that may be uploaded. */
  ADAPTER_MB_MAX: z.coerce.number().int().min(1).max(1_000_000).default(1_024),
  LOG_LEVEL: logLevel,
  /** How long new connections are still taken after SIGTERM, while /readyz says no: load balancers need a moment to hear of it. */
  PRESTOP_MS: z.coerce.number().int().min(0).default(0),
  /** How long running requests may go on after that, before they are ended with an error. */
  DRAIN_MS: milliseconds.default(120_000),
  /** Where clients reach this installation: the issuer of its access tokens. */
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an https:// or http:// URL' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Access tokens are signed with a key from the first, and verified with all of them; without any, with one from the pepper. */
  AUTH_SECRETS: commaList.pipe(z.array(z.string().superRefine(refuseGuessable))).default([]),
  /** An OpenID Connect issuer whose access tokens are accepted, too. */
  OIDC_ISSUER: z.string().refine(isSafeUrl, 'must be an https:// URL: keys are fetched from there').optional(),
  /** What those tokens must be meant for. */
  OIDC_AUDIENCE: z.string().optional(),
  /** The claim in which the issuer puts the email. */
  OIDC_EMAIL_CLAIM: z.string().default('email'),
});

const schema = variables.superRefine((values, ctx) => {
  const refuse = (name: keyof typeof values, message: string): void => ctx.addIssue({ code: 'custom', path: [name], message });
  const publicUrl = publicUrlOf(values);
  if (values.ENVIRONMENT === 'production') {
    if (!isSafeUrl(publicUrl)) refuse('PUBLIC_URL', 'must be an https:// URL in production: passwords and tokens travel there');
    if (KNOWN_PEPPER.test(values.KEY_PEPPER)) refuse('KEY_PEPPER', 'must be random in production, e.g. from `openssl rand -hex 32`');
    for (const name of ['DATABASE_URL', 'REDIS_URL'] as const) {
      const danger = connectionDanger(values[name]);
      if (danger !== undefined) refuse(name, danger);
    }
  }
  if (values.OIDC_ISSUER !== undefined && values.OIDC_AUDIENCE === undefined) {
    refuse('OIDC_AUDIENCE', 'must be set with OIDC_ISSUER: without it, tokens meant for others would be accepted');
  }
  if (values.OIDC_AUDIENCE !== undefined && values.OIDC_ISSUER === undefined) refuse('OIDC_ISSUER', 'must be set with OIDC_AUDIENCE');
  if (values.OIDC_ISSUER === publicUrl) refuse('OIDC_ISSUER', 'must not be PUBLIC_URL, the issuer of our own tokens');
});

export type GatewayConfig = {
  readonly environment: 'development' | 'production';
  readonly host: string;
  readonly port: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly databaseUrl: string;
  readonly keyPepper: string;
  readonly redisUrl: string;
  readonly spoolFolder: string;
  readonly trustedProxies: readonly string[];
  readonly runtimeAddresses: readonly string[];
  readonly adminRequestsPerMinute: number;
  readonly adapterBytesMax: number;
  readonly logLevel: string;
  readonly prestopMs: number;
  readonly drainMs: number;
  readonly auth: AuthConfig;
};

/** Throws a ConfigError that names every wrong variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const values = parseEnv(schema, env);
  return {
    environment: values.ENVIRONMENT,
    host: values.HOST,
    port: values.PORT,
    metricsHost: values.METRICS_HOST,
    metricsPort: values.METRICS_PORT,
    databaseUrl: values.DATABASE_URL,
    keyPepper: values.KEY_PEPPER,
    redisUrl: values.REDIS_URL,
    spoolFolder: values.SPOOL_FOLDER,
    trustedProxies: values.TRUSTED_PROXIES,
    runtimeAddresses: values.RUNTIME_ADDRESSES,
    adminRequestsPerMinute: values.ADMIN_REQUESTS_PER_MINUTE,
    adapterBytesMax: values.ADAPTER_MB_MAX * 1024 * 1024,
    logLevel: values.LOG_LEVEL,
    prestopMs: values.PRESTOP_MS,
    drainMs: values.DRAIN_MS,
    auth: {
      secrets: values.AUTH_SECRETS,
      publicUrl: publicUrlOf(values),
      oidc:
        values.OIDC_ISSUER === undefined || values.OIDC_AUDIENCE === undefined
          ? undefined
          : { issuer: values.OIDC_ISSUER, audience: values.OIDC_AUDIENCE, emailClaim: values.OIDC_EMAIL_CLAIM },
    },
  };
}

function publicUrlOf(values: z.infer<typeof variables>): string {
  return values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
}

function refuseGuessable(secret: string, ctx: z.RefinementCtx): void {
  const message = guessableReason(secret);
  if (message !== undefined) ctx.addIssue({ code: 'custom', message });
}
