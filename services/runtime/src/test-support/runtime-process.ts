import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRuntimeClient, type RuntimeClient } from '@sluice/proto/runtime-client';
import { DEMO_MODEL } from './demo-model.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const READY_DEADLINE_MS = 30_000;

export type RuntimeProcess = {
  readonly client: RuntimeClient;
  readonly supervisor: ChildProcess;
  readonly output: () => string;
  untilReady(): Promise<void>;
  /** The process id of the engine's own process, from its log. */
  workerPid(): number;
  stop(): Promise<void>;
};

/** Starts a real runtime, supervisor and all, on a free port. */
export async function startRuntimeProcess(env: Record<string, string> = {}): Promise<RuntimeProcess> {
  const address = `127.0.0.1:${await freePort()}`;
  const supervisor = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], RUNTIME_LISTEN: address, METRICS_PORT: '0', MODEL: DEMO_MODEL, GPU: 'cpu', THREADS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  supervisor.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  supervisor.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const client = createRuntimeClient(address);
  return {
    client,
    supervisor,
    output: () => output,
    untilReady: () => untilState(client, 'READY', () => output),
    workerPid() {
      const pids = [...output.matchAll(/"service":"runtime","pid":(\d+)/g)].map((match) => Number(match[1]));
      const last = pids.at(-1);
      if (last === undefined) throw new Error(`the runtime logged no process id:\n${output}`);
      return last;
    },
    async stop() {
      client.close();
      if (supervisor.exitCode !== null) return;
      supervisor.kill('SIGTERM');
      await once(supervisor, 'exit');
    },
  };
}

export async function untilState(client: RuntimeClient, state: string, output: () => string): Promise<void> {
  const endMs = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    const status = await client.getStatus(1_000).catch(() => undefined);
    if (status?.state === state) return;
    if (performance.now() > endMs) throw new Error(`the runtime is ${status?.state ?? 'unreachable'}, not ${state}:\n${output()}`);
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
