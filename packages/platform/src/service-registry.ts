import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A registry with what every service reports: the numbers of its process, and `sluice_<service>_build_info`, which tells what runs by its labels. */
export function createServiceRegistry(service: string, build: Readonly<Record<string, string>>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: `sluice_${service}_build_info`,
    help: 'Always 1; the labels say what runs.',
    labelNames: Object.keys(build),
    registers: [registry],
  });
  buildInfo.set({ ...build }, 1);
  return registry;
}
