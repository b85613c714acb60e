import { PEPPER } from '@sluice/testing/pepper';
import type { GatewayConfig } from '../config.ts';

/** Of a gateway on free ports that reaches nobody: a test names whom it needs. */
export function testConfig(change: Partial<GatewayConfig>): GatewayConfig {
  return {
    environment: 'development',
    host: '127.0.0.1',
    port: 0,
    metricsHost: '127.0.0.1',
    metricsPort: 0,
    databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
    keyPepper: PEPPER,
    redisUrl: 'redis://127.0.0.1:1',
    spoolFolder: '',
    trustedProxies: [],
    runtimeAddresses: ['127.0.0.1:1'],
    adminRequestsPerMinute: 600,
    adapterBytesMax: 4 * 1024 * 1024,
    logLevel: 'info',
    prestopMs: 0,
    drainMs: 1_000,
    auth: { secrets: [], publicUrl: 'http://localhost:8080', oidc: undefined },
    ...change,
  };
}
