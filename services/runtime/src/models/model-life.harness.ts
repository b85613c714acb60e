import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import { scriptedModels, type ScriptedModels } from '../test-support/scripted-models.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession } from '../test-support/session.ts';

export const LIMITS = { deadlineMs: 5_000 };

export type ModelLife = ScriptedModels & { readonly drainMs?: number };

/** Served models that have started, with a clock that only the test moves. */
export async function startModels({ drainMs = 5_000, ...options }: ModelLife) {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, now: () => new Date(nowMs) };
  const { registry, log } = scriptedModels({ clock, ...options });
  const served = await serveModels(registry, { drainMs });
  const { client } = served;
  await registry.start();
  return {
    registry,
    client,
    session: openSession(client),
    log,
    close: () => served.close(),
    advance: (ms: number) => (nowMs += ms),
    states: async () => Object.fromEntries((await client.getStatus(10_000)).models.map(({ name, state }) => [name, state])),
    kinds: () => Object.fromEntries(registry.hosts.map(({ name, kind }) => [name, kind])),
  };
}

/** Keeps every step waiting until it is called. */
export function gate() {
  const opened = Promise.withResolvers<void>();
  return { beforeStep: () => opened.promise, open: () => opened.resolve() };
}

/** All that a LoadModel call tells until it ends. */
export function followLoad(
  client: RuntimeClient,
  model: string,
  onStatus?: (status: ModelStatus__Output) => void,
): Promise<ModelStatus__Output[]> {
  const seen: ModelStatus__Output[] = [];
  const stream = client.loadModel({ model }, LIMITS);
  return new Promise((resolve, reject) => {
    stream.on('data', (status) => {
      seen.push(status);
      onStatus?.(status);
    });
    stream.on('end', () => resolve(seen));
    stream.on('error', reject);
  });
}
