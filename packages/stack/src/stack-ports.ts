import { z } from 'zod';
import type { Home } from './home.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { claimPort, type ClaimedPort } from './ports.ts';

/** What a stack listens on, and where it would like to. Postgres and Redis keep away from the ports of installed ones. */
const PREFERRED = {
  gateway: 8080,
  gatewayMetrics: 9464,
  jobsMetrics: 9466,
  runtime: 50051,
  runtimeMetrics: 9465,
  postgres: 15432,
  redis: 16379,
};

export type StackPorts = typeof PREFERRED;

const rememberedSchema = z.record(z.string(), z.number());

/** Claims a port for each part: the one it had last, else the usual one, else a free one. Rejects when `wantedPort`, which somebody asked for, is taken. */
export async function claimStackPorts(home: Home, wantedPort: number | undefined): Promise<{ ports: StackPorts; release: () => void }> {
  const remembered = readJsonFile(home.portsFile, rememberedSchema) ?? {};
  const ports = { ...PREFERRED };
  const claims: ClaimedPort[] = [];
  const release = (): void => claims.forEach((claim) => claim.release());
  for (const name of Object.keys(PREFERRED).filter(isPortName)) {
    const wanted = name === 'gateway' ? wantedPort : undefined;
    const claim = await claimPort(wanted ?? remembered[name] ?? PREFERRED[name]);
    claims.push(claim);
    if (wanted !== undefined && claim.port !== wanted) {
      release();
      throw new Error(`Port ${wanted} is taken. Name another with --port, or leave it out to get a free one.`);
    }
    ports[name] = claim.port;
  }
  writeJsonFile(home.portsFile, ports);
  return { ports, release };
}

function isPortName(name: string): name is keyof StackPorts {
  return Object.hasOwn(PREFERRED, name);
}
