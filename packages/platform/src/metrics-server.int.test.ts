import { expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { startMetricsServer } from './metrics-server.ts';

test('serves the registry at /metrics and nothing else', async () => {
  const registry = new Registry();
  new Counter({ name: 'sluice_test_total', help: 'A test.', registers: [registry] }).inc(3);
  const server = await startMetricsServer({ registry, host: '127.0.0.1', port: 0 });
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(await answer.text()).toContain('sluice_test_total 3');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${server.port}/metrics`, { method: 'POST' })).status).toBe(404);
  } finally {
    await server.close();
  }
});

test('answers probes: 200 when true, 503 when false or failing', async () => {
  const probes = { '/healthz': () => true, '/readyz': () => Promise.resolve(false), '/broken': () => Promise.reject(new Error('away')) };
  const server = await startMetricsServer({ registry: new Registry(), host: '127.0.0.1', port: 0, probes });
  try {
    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/broken', '/other'].map(async (path) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status),
    );
    expect(statuses).toEqual([200, 503, 503, 404]);
  } finally {
    await server.close();
  }
});
