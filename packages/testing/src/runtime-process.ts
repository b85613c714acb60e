import { createRuntimeClient, type RuntimeClient } from '@sluice/proto/runtime-client';
import { claimPort } from '@sluice/stack/ports';
import { waitUntil } from '@sluice/stack/wait-until';
import { startService, type ServiceProcess } from './service-process.ts';

export type RuntimeProcess = {
  readonly service: ServiceProcess;
  readonly client: RuntimeClient;
  readonly address: string;
  untilReady(): Promise<void>;
  slotsBusy(): Promise<number>;
  /** The process id of the engine's own process, from its log: the latest one, when it was started again. */
  enginePid(): number;
  stop(): Promise<void>;
};

const READY_DEADLINE_MS = 60_000;

/** A real runtime with the demo model on one thread, supervisor and all, on a port of its own. */
export async function startRuntimeProcess(env: Readonly<Record<string, string>> = {}): Promise<RuntimeProcess> {
  const claimed = await claimPort(0);
  const address = `127.0.0.1:${claimed.port}`;
  const service = startService('runtime', { RUNTIME_LISTEN: address, METRICS_PORT: '0', GPU: 'cpu', THREADS: '1', ...env });
  const client = createRuntimeClient(address);
  const status = () => client.getStatus(10_000);
  const isReady = async () => ((await status()).state === 'READY' ? true : undefined);
  return {
    service,
    client,
    address,
    async untilReady() {
      await waitUntil('runtime that is ready', isReady, { deadlineMs: READY_DEADLINE_MS });
    },
    slotsBusy: async () => (await status()).models[0]?.slotsBusy ?? 0,
    enginePid() {
      const pid = service.logLines().findLast((line) => line['service'] === 'runtime')?.['pid'];
      if (typeof pid !== 'number') throw new Error(`the runtime logged no process id:\n${service.output()}`);
      return pid;
    },
    async stop() {
      client.close();
      await service.stop();
      claimed.release();
    },
  };
}
