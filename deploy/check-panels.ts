/** `pnpm check:panels [prometheus]`: runs every query of every dashboard against a running Prometheus and tells which fail and which are empty. Fails on an error. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { drawingPanels, readDashboard } from './dashboard.ts';

const DASHBOARDS = join(import.meta.dirname, '../grafana/dashboards');
const DEADLINE_MS = 10_000;
/** Grafana makes this at least four scrape intervals. */
const RATE_INTERVAL = '1m';

const answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.unknown()) }) }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

const [prometheus = 'http://127.0.0.1:9090'] = process.argv.slice(2);
let failed = 0;
for (const file of readdirSync(DASHBOARDS).filter((name) => name.endsWith('.json'))) {
  for (const { title, targets } of drawingPanels(readDashboard(join(DASHBOARDS, file)))) {
    for (const { refId, expr } of targets) {
      const result = await query(expr.replaceAll('$__rate_interval', RATE_INTERVAL));
      if (result.status === 'error') failed += 1;
      const saw = result.status === 'error' ? `ERROR ${result.error}` : `${result.data.result.length} series`;
      process.stdout.write(`${saw.padEnd(10)} ${file} | ${title} | ${refId}\n`);
    }
  }
}
process.exitCode = failed > 0 ? 1 : 0;

async function query(expr: string): Promise<z.infer<typeof answer>> {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(expr)}`;
  const res = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) }).catch((cause: unknown) => {
    throw new Error(`No Prometheus answers at ${prometheus}. Name another: pnpm check:panels http://host:port`, { cause });
  });
  return answer.parse(await res.json());
}
