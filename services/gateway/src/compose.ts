import { systemClock } from '@sluice/platform/clock';
import { Lifecycle } from '@sluice/platform/lifecycle';
import { plainLog, type Log } from '@sluice/platform/log';
import { startMetricsServer } from '@sluice/platform/metrics-server';
import { Tally } from '@sluice/platform/tally';
import { VERSION } from '@sluice/platform/version';
import { createDatabase } from '@sluice/prisma/client';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import { FailureLimiter } from './abuse/failure-limiter.ts';
import { RequestRate } from './abuse/request-rate.ts';
import { startRequestGuards } from './abuse/start-request-guards.ts';
import { startAdministration } from './admin/start-administration.ts';
import { startAdmission } from './admission/start-admission.ts';
import { createApp } from './app.ts';
import { checkRedis } from './check-redis.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { createRowMaker } from './history/history-row.ts';
import { startHistory, startHistoryTo } from './history/start-history.ts';
import { beginExchange } from './http/begin-exchange.ts';
import { createClientIp } from './http/client-ip.ts';
import { startHttpServer } from './http/http-server.ts';
import { InFlight } from './http/in-flight.ts';
import { recordExchange } from './http/record-exchange.ts';
import { SSE_TIMINGS } from './http/sse-writer.ts';
import { stopServer, stopDeadlineMs } from './http/stop-server.ts';
import { warnOfRefused } from './http/warn-of-refused.ts';
import { GENERATION_LIMITS } from './inference/generate.ts';
import { createBearerAuth } from './keys/bearer-auth.ts';
import { checkAddress } from './keys/check-address.ts';
import { KeyCache } from './keys/key-cache.ts';
import { createKeyStore } from './keys/key-store.ts';
import { createKeyVerifier } from './keys/verify-key.ts';
import { startLimiter } from './limits/start-limiter.ts';
import { createMetrics } from './metrics.ts';
import { createRoutes } from './routes/create-routes.ts';
import type { Readiness } from './routes/health/route.ts';
import { serveAdmin } from './routes/serve-admin.ts';
import { serveAnswer, type ServeAnswerDeps } from './routes/serve-answer.ts';
import { serveFree } from './routes/serve-free.ts';
import { serveGeneration, type ServeDeps } from './routes/serve-generation.ts';
import { WorkerPool } from './routing/worker-pool.ts';
import type { Worker } from './routing/worker.ts';
import { createMeterSeedStore } from './usage/meter-seed-store.ts';
import { PriceBook } from './usage/price-book.ts';
import { createPriceStore } from './usage/price-store.ts';
import { createQuotaNoticeStore } from './usage/quota-notice-store.ts';
import { createScopeUsageStore } from './usage/scope-usage-store.ts';
import { startQuotaWatch } from './usage/start-quota-watch.ts';
import { startReports } from './usage/start-reports.ts';

export type Gateway = {
  readonly port: number;
  readonly metricsPort: number;
  readonly lifecycle: Lifecycle;
  /** In the order of their addresses in the configuration, with what each last said. */
  readonly workers: readonly Pick<Worker, 'address' | 'status'>[];
};

/** Key lookups; the cache keeps them rare. */
const DATABASE_POOL_MAX = 8;
const HEAD_AFTER_MS = 10_000;
const QUEUED_HEAD_AFTER_MS = 1_000;
/** Of a key at this gateway, to what costs nothing and no tier counts. Ten a second is more than any monitor asks, and a hundredth of what the gateway answers. */
const FREE_CALLS_PER_MINUTE = 600;
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

  const keys = new KeyCache({
    store: parts.keyStore ?? createKeyStore(database),
    clock,
    onUnreadable: (publicId, err) => log.error({ publicId, err }, 'a key cannot be read, and is refused until it can'),
  });
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
    pricesOf: (names) => prices.estimate(names),
    costOf: (names, usage) => prices.costNanoUsd(names, usage),
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
  const generation = { pool, clock, limits: parts.generationLimits ?? GENERATION_LIMITS, onFailover: () => metrics.failovers.inc() };
  const serveDeps: ServeDeps & ServeAnswerDeps = {
    admission,
    checkSignature,
    idempotency,
    pool,
    generation,
    asking: generation,
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
  const administration = await startAdministration({
    config,
    passwords: parts.passwords,
    loginDeadlineMs: parts.loginDeadlineMs,
    verifyApiKey,
    failures,
    bumpEpochs: (names) => shared.epochs.bump(names),
    dropKey: (publicId) => keys.drop(publicId),
    knownModels: () => pool.models().map(({ name }) => name),
    adapters: {
      workers: () =>
        pool.connections.map(({ worker, client }) => ({
          address: worker.address,
          isReachable: worker.condition !== 'unreachable',
          models: worker.models,
          client,
        })),
      requireModel: (model) => pool.requireKnown(model),
      whyUnavailable: (model) => pool.whyUnavailable(model),
      bytesMax: config.adapterBytesMax,
    },
    models: {
      workers: () => pool.connections.map(({ worker: { address, condition, status }, client }) => ({ address, condition, status, client })),
      requireModel: (model) => pool.requireKnown(model),
    },
    idempotency,
    clock,
    log,
    metrics,
    lifecycle,
  });
  const reports = startReports({ databaseUrl: config.databaseUrl, clock, lifecycle });

  const requestLog = plainLog(log);
  const freeCalls = new RequestRate({ what: 'free calls of this API key', perMinute: FREE_CALLS_PER_MINUTE, clock });
  const app = createApp({
    routes: [...createRoutes({ pool, clock, checkReadiness }), ...administration.routes, ...reports],
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
    freeCalls,
    look: (caller) => admission.look(caller),
    serve: (route, call) => ('format' in route ? serveGeneration(serveDeps, route, call) : serveAnswer(serveDeps, route, call)),
    serveFree: (route, call) => serveFree({ ...serveDeps, freeCalls }, route, call),
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
  const stop = (): Promise<void> => {
    isStopping = true;
    return stopServer(server, { ...config, inFlight, open, log });
  };
  lifecycle.onClose('http server', stop, stopDeadlineMs(config));
  return { port: server.port, metricsPort: metricsServer.port, lifecycle, workers: pool.workers };
}
