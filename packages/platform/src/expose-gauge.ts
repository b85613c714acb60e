import { Gauge, type Registry } from 'prom-client';

/** Declares a gauge that is read when a scrape comes, and at no other time. */
export function exposeGauge(
  registry: Registry,
  gauge: { readonly name: string; readonly help: string; readonly read: () => number },
): void {
  const { name, help, read } = gauge;
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
