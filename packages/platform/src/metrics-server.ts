import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export type MetricsServer = { readonly port: number; close(): Promise<void> };

export type MetricsServerOptions = {
  readonly registry: Registry;
  readonly host: string;
  readonly port: number;
  /** By path, e.g. "/healthz", for services without a public port: answered with 200 when true, else with 503. */
  readonly probes?: Readonly<Record<string, () => boolean | Promise<boolean>>>;
};

/** Serves `GET /metrics` in Prometheus text format on its own port, so that a scrape never shares a socket with users. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { registry } = options;
  const probes = new Map(Object.entries(options.probes ?? {}));
  const server = createServer((req, res) => {
    const path = req.url?.split('?')[0] ?? '';
    const probe = probes.get(path);
    if (req.method === 'GET' && probe) {
      answerProbe(probe, res);
      return;
    }
    if (req.method !== 'GET' || path !== '/metrics') {
      res.writeHead(404, { 'content-type': 'text/plain' }).end('Metrics are at /metrics\n');
      return;
    }
    registry.metrics().then(
      (text) => res.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => res.writeHead(500).end(),
    );
  });
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closeServer(server) };
}

function answerProbe(probe: () => boolean | Promise<boolean>, res: ServerResponse): void {
  const answer = (isFine: boolean): void =>
    void res.writeHead(isFine ? 200 : 503, { 'content-type': 'text/plain' }).end(isFine ? 'ok\n' : 'no\n');
  Promise.resolve()
    .then(probe)
    .then(answer, () => answer(false));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
