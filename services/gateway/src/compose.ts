import { systemClock, type Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { Lifecycle } from '@sluice/platform/lifecycle';
import { plainLog, type Log } from '@sluice/platform/log';
import { startMetricsServer } from '@sluice/platform/metrics-server';
import { VERSION } from '@sluice/platform/version';
import { createDatabase } from '@sluice/prisma/client';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import { FailureLimiter } from './abuse/failure-limiter.ts';
import { RequestRate } from './abuse/request-rate.ts';
import { startRequestGuards } from './abuse/start-request-guards.ts';
import { createContentReadStore } from './admin/content-read-store.ts';
import { createAdministration } from './admin/create-administration.ts';
import type { Admission } from './admission/admission.ts';
import { startAdmission } from './admission/start-admission.ts';
import { createApp } from './app.ts';
import { createAuthStores } from './auth/auth-store.ts';
import { createPasswords, type Passwords } from './auth/passwords.ts';
import { startAuth } from './auth/start-auth.ts';
import { checkRedis } from './check-redis.ts';
import type { GatewayConfig } from './config.ts';
import type { HistoryCarrier } from './history/history-queue.ts';
import { createRowMaker } from './history/history-row.ts';
import { startHistory, startHistoryTo } from './history/start-history.ts';
import { beginExchange } from './http/begin-exchange.ts';
import { createClientIp } from './http/client-ip.ts';
import { startHttpServer } from './http/http-server.ts';
import { InFlight } from './http/in-flight.ts';
import { recordExchange } from './http/record-exchange.ts';
import { Tally } from '@sluice/platform/tally';
import { warnOfRefused } from './http/warn-of-refused.ts';
import { SSE_TIMINGS } from './http/sse-writer.ts';
import { GENERATION_LIMITS, type GenerationLimits } from './inference/generate.ts';
import { createBearerAuth } from './keys/bearer-auth.ts';
import { checkAddress } from './keys/check-address.ts';
import { KeyCache } from './keys/key-cache.ts';
import { createKeyStore, type KeyStore } from './keys/key-store.ts';
import { createKeyVerifier } from './keys/verify-key.ts';
import type { GuardedLimiter } from './limits/limiter.ts';
import { monthOf } from './limits/period.ts';
import { startLimiter } from './limits/start-limiter.ts';
import { createMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import { authRoutes } from './routes/auth/route.ts';
import { createRoutes } from './routes/create-routes.ts';
import { createUsageRoutes } from './routes/usage/create-usage-routes.ts';
import type { Readiness } from './routes/health/route.ts';
import { serveAdmin } from './routes/serve-admin.ts';
import { serveGeneration, type ServeDeps } from './routes/serve-generation.ts';
import type { StreamTimings } from './routes/stream-responder.ts';
import { WorkerPool } from './routing/worker-pool.ts';
import { deriveSigningSecret } from './signatures/signing-secret.ts';
import { createMeterSeedStore } from './usage/meter-seed-store.ts';
import { PriceBook } from './usage/price-book.ts';
import { createPriceStore, type PriceStore } from './usage/price-store.ts';
import { createQuotaNoticeStore } from './usage/quota-notice-store.ts';
import { createRequestHistoryStore } from './usage/request-history-store.ts';
import { createScopeUsageStore } from './usage/scope-usage-store.ts';
import { startQuotaWatch } from './usage/start-quota-watch.ts';
import { createUsageStore } from './usage/usage-store.ts';

/** What tests put in place of the real thing; everything else is built here. */
export type GatewayParts = {
  readonly keyStore: KeyStore;
  readonly history: HistoryCarrier;
  readonly priceStore: PriceStore;
  readonly admission: Admission;
  readonly limiter: GuardedLimiter;
  readonly inFlightMax: number;
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly generationLimits: GenerationLimits;
  readonly streamTimings: StreamTimings;
};

export type Gateway = {
  readonly port: number;
  readonly metricsPort: number;
  readonly lifecycle: Lifecycle;
};

/** Key lookups; the cache keeps them rare. */
const DATABASE_POOL_MAX = 8;
/** Apart from those, so that administration never keeps a request waiting. */
const ADMIN_POOL_MAX = 4;
/** Questions about usage and history may take a while, and hold up nobody but each other. */
const REPORT_POOL_MAX = 4;
const HEAD_AFTER_MS = 10_000;
const QUEUED_HEAD_AFTER_MS = 1_000;
/** What an error event needs to reach its client after the drain. */
const LAST_WORDS_MS = 2_000;
/** Above what a generation waits for its worker to confirm a cancel. */
const CLOSE_MARGIN_MS = 7_000;
/** No key has this id: asking for it only tells whether the store answers. */
const PROBE_ID = '000000000000';

/** Builds the gateway from its configuration and starts it. Closing its lifecycle drains it. */
export async function startGateway(config: GatewayConfig, log: Log, parts: Partial<GatewayParts> = {}): Promise<Gateway> {
  const lifecycle = new Lifecycle(log);
  const clock = parts.clock ?? systemClock;
  await checkRedis(config, log);

  const metrics = createMetrics(VERSION);
  lifecycle.onClose('metrics', () => metrics.close());
  const metricsServer = await startMetricsServer({ registry: metrics.registry, host: config.metricsHost, port: config.metricsPort });
  lifecycle.onClose('metrics server', () => metricsServer.close());

  const database = createDatabase(config.databaseUrl, { poolMax: DATABASE_POOL_MAX });
  lifecycle.onClose('database', () => database.$disconnect());

  const historyOptions = { ...config, log, onDropped: (rows: number) => metrics.historyDropped.inc(rows) };
  const history = parts.history ? startHistoryTo(parts.history, historyOptions) : await startHistory(historyOptions);
  lifecycle.onClose('history', () => history.close());

  const toRow = createRowMaker(config.keyPepper);

  const keys = new KeyCache({ store: parts.keyStore ?? createKeyStore(database), clock });
  const failures = new FailureLimiter({ clock });
  const verifyApiKey = createKeyVerifier({ keys, failures, pepper: config.keyPepper, clock });
  const authenticate = createBearerAuth({
    verify: verifyApiKey,
    onKey: (res, key) => {
      res.locals.exchange.key = key;
    },
    onFailure: (reason) => metrics.authFailures.inc({ reason }),
  });

  const pool = new WorkerPool({
    clients: config.runtimeAddresses.map((address) => createRuntimeClient(address)),
    clock,
    onCondition: (worker, condition) => log.info({ worker, condition }, 'worker'),
  });
  pool.start();
  lifecycle.onClose('worker pool', () => pool.close());

  const prices = new PriceBook({ store: parts.priceStore ?? createPriceStore(database), log });
  lifecycle.onClose('prices', () => prices.close());
  await prices.start();

  const shared = await startLimiter({ redisUrl: config.redisUrl, clock, log, lifecycle });
  const limiter = parts.limiter ?? shared.limiter;
  const { admission: ownAdmission, state } = startAdmission({
    redisUrl: config.redisUrl,
    limiter: startQuotaWatch({ limiter, redisUrl: config.redisUrl, ...createQuotaNoticeStore(database), metrics, log, lifecycle }),
    local: shared.local,
    gateways: shared.gateways,
    reloadKey: async (publicId) => {
      // What outdated the key may have been a price.
      const [lookup] = await Promise.all([keys.reload(publicId), prices.refresh()]);
      return lookup;
    },
    checkAddress,
    contextTokensOf: (model) => pool.contextTokensOf(model),
    workerLoad: () => pool.load(),
    usedInPeriod: createMeterSeedStore(createScopeUsageStore(database)).usedInPeriod,
    pricesOf: (model) => prices.estimate(model),
    costOf: (model, usage) => prices.costNanoUsd(model, usage),
    onDecision: (outcome) => metrics.admissions.inc({ outcome }),
    ...(parts.inFlightMax === undefined ? {} : { inFlightMax: parts.inFlightMax }),
    clock,
    log,
    lifecycle,
  });
  const admission = parts.admission ?? ownAdmission;
  metrics.observe({ workers: pool.workers, history, admission: state, limiter: shared.limiter });

  const clientIp = createClientIp(config.trustedProxies);
  const { checkSignature, idempotency } = await startRequestGuards({
    redisUrl: config.redisUrl,
    pepper: config.keyPepper,
    clock,
    lifecycle,
    onIdempotency: (outcome) => metrics.idempotentRequests.inc({ outcome }),
  });
  let isStopping = false;
  const inFlight = new InFlight();
  const open = new Tally();
  const serveDeps: ServeDeps = {
    admission,
    checkSignature,
    idempotency,
    pool,
    generation: { pool, clock, limits: parts.generationLimits ?? GENERATION_LIMITS, onFailover: () => metrics.failovers.inc() },
    inFlight,
    metrics,
    clock,
    streamTimings: parts.streamTimings ?? { ...SSE_TIMINGS, headAfterMs: HEAD_AFTER_MS, queuedHeadAfterMs: QUEUED_HEAD_AFTER_MS },
  };
  const checkReadiness = async (): Promise<Readiness> => {
    if (!keys.isReady) await keys.lookup(PROBE_ID);
    const checks = { workers: pool.isReady, keyStore: keys.isReady, accepting: !isStopping };
    return { isReady: checks.workers && checks.keyStore && checks.accepting, checks };
  };
  const adminDatabase = createDatabase(config.databaseUrl, { poolMax: ADMIN_POOL_MAX });
  lifecycle.onClose('admin database', () => adminDatabase.$disconnect());
  const spending = createScopeUsageStore(adminDatabase);
  const passwords = parts.passwords ?? createPasswords({ pepper: config.keyPepper });
  const auth = await startAuth({
    config: config.auth,
    pepper: config.keyPepper,
    redisUrl: config.redisUrl,
    stores: createAuthStores(adminDatabase, { pepper: config.keyPepper, clock }),
    passwords,
    clock,
    log,
    lifecycle,
    onLogin: (outcome) => metrics.logins.inc({ outcome }),
  });
  const administrating = { perMinute: config.adminRequestsPerMinute, clock };
  const rates = { users: new RequestRate(administrating), addresses: new RequestRate(administrating) };
  const administration = createAdministration({
    db: adminDatabase,
    verifyApiKey,
    verifyAccessToken: auth.verifyAccessToken,
    failures,
    rate: rates.users,
    bumpEpochs: (names) => shared.epochs.bump(names),
    dropKey: (publicId) => keys.drop(publicId),
    knownModels: () => pool.models().map(({ name }) => name),
    idempotency,
    hashPassword: (password) => passwords.hash(password),
    deriveSigningSecret: (keyId) => deriveSigningSecret(config.keyPepper, keyId),
    spentThisMonth: async (scope, timezone) => (await spending.used(scope, monthOf(clock.now(), timezone))).nanoUsd,
    pepper: config.keyPepper,
    clock,
    log,
    metrics,
  });
  lifecycle.onClose('administration', () => administration.close());

  const reports = createDatabase(config.databaseUrl, { poolMax: REPORT_POOL_MAX });
  lifecycle.onClose('report database', () => reports.$disconnect());
  const usageStores = {
    usage: createUsageStore(reports),
    scopeUsage: createScopeUsageStore(reports),
    history: createRequestHistoryStore(reports),
    contentReads: createContentReadStore(adminDatabase),
  };

  const requestLog = plainLog(log);
  const app = createApp({
    routes: [
      ...createRoutes({ pool, clock, checkReadiness }),
      ...administration.routes,
      ...authRoutes({ auth, clock, rates }),
      ...createUsageRoutes(usageStores, clock),
    ],
    begin: beginExchange({
      clock,
      clientIp,
      activeRequests: metrics.activeRequests,
      open,
      isStopping: () => isStopping,
      onEnd: (ended) => {
        recordExchange({ log: requestLog, metrics, knowsModel: (model) => pool.knows(model) }, ended);
        const row = toRow(ended);
        if (row) history.push(row);
      },
    }),
    authenticate,
    checkSignature,
    look: (caller) => admission.look(caller),
    serve: (route, call) => serveGeneration(serveDeps, route, call),
    administer: (route, call) => serveAdmin(administration.serving, route, call),
    clock,
  });

  const warn = warnOfRefused({ log, clock });
  const server = await startHttpServer(app, {
    host: config.host,
    port: config.port,
    isProxy: clientIp.isProxy,
    onRefused: (address) => {
      metrics.connectionsRefused.inc();
      warn(address);
    },
  });
  const stop = async (): Promise<void> => {
    isStopping = true;
    await pause(config.prestopMs);
    if (!(await server.drain(config.drainMs))) {
      log.warn({ generations: inFlight.size }, 'the drain is over; running requests end with an error');
      inFlight.abortAll(new Fault('SHUTTING_DOWN', { message: 'The server is shutting down. Please try again.' }));
      await server.drain(LAST_WORDS_MS);
      server.close();
    }
    // Usage is exact only when the workers have confirmed, and history closes after this.
    await open.whenEmpty();
  };
  lifecycle.onClose('http server', stop, config.prestopMs + config.drainMs + LAST_WORDS_MS + CLOSE_MARGIN_MS);
  return { port: server.port, metricsPort: metricsServer.port, lifecycle };
}
