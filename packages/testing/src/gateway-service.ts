import { waitUntil } from '@sluice/stack/wait-until';
import { startService, type ServiceProcess } from './service-process.ts';

export type GatewayService = {
  readonly process: ServiceProcess;
  /** Without /v1. */
  readonly url: string;
  readonly metricsUrl: string;
};

type GatewayOptions = {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly keyPepper: string;
  readonly runtimeAddresses: readonly string[];
  /** More of its variables, and others than these. */
  readonly env?: Readonly<Record<string, string>> | undefined;
};

const READY_DEADLINE_MS = 60_000;

/** A gateway as it is deployed: a process of its own, on ports that nobody had. Resolves when it is ready; one that never is has been stopped by then. */
export async function startGatewayService(options: GatewayOptions): Promise<GatewayService> {
  const process = startService('gateway', {
    PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    KEY_PEPPER: options.keyPepper,
    RUNTIME_ADDRESSES: options.runtimeAddresses.join(','),
    DRAIN_MS: '5000',
    ...options.env,
  });
  try {
    return await waitUntil('gateway that is ready', () => whenReady(process), { deadlineMs: READY_DEADLINE_MS, signal: endOf(process) });
  } catch (cause) {
    await process.stop();
    throw new Error(`the gateway did not get ready:\n${process.output()}`, { cause });
  }
}

async function whenReady(process: ServiceProcess): Promise<GatewayService | undefined> {
  const line = process.logLines().find(({ msg }) => msg === 'ready');
  if (!line) return undefined;
  const url = `http://127.0.0.1:${String(line['port'])}`;
  if (!(await fetch(`${url}/readyz`)).ok) return undefined;
  return { process, url, metricsUrl: `http://127.0.0.1:${String(line['metricsPort'])}/metrics` };
}

/** So that nobody waits for one that said at once what is wrong. */
function endOf({ child }: ServiceProcess): AbortSignal {
  const ended = new AbortController();
  child.once('exit', () => ended.abort());
  return ended.signal;
}
