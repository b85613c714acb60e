import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@sluice/platform/clock';
import { startExchange } from '../http/exchange.ts';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import { sendFault } from '../http/send-fault.ts';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { sendReplay } from '../idempotency/send-replay.ts';

export type Work = (res: GatewayResponse, body: string) => Promise<void> | void;

export type IdempotentServer = AsyncDisposable & {
  readonly url: string;
  /** How often the work was done. */
  worked: number;
  work: Work;
};

/** What a metered route does about idempotency, without the rest of the gateway. */
export async function startIdempotentServer(idempotency: Idempotency, work: Work): Promise<IdempotentServer> {
  const http = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: IdempotentServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1/completions`,
    worked: 0,
    work,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;

  async function serve(req: IncomingMessage, plain: ServerResponse): Promise<void> {
    const exchange = startExchange(req, { clock: systemClock, clientIp: '127.0.0.1' });
    // Of Express' response, only the locals are used.
    const res = Object.assign(plain, { locals: { exchange } }) as unknown as GatewayResponse;
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const rawBody = Buffer.concat(chunks);
    const claim = await idempotency.begin({
      header: req.headers['idempotency-key'],
      method: req.method ?? '',
      path: req.url ?? '',
      rawBody,
      scope: String(req.headers['x-scope'] ?? 'proj_1'),
      work: req.headers['x-work'] === 'change' ? 'change' : 'generation',
      res,
      exchange,
    });
    if (claim.kind === 'refused') return sendFault(res, exchange, { fault: claim.fault, clock: systemClock });
    if (claim.kind === 'replay') return sendReplay(res, { answer: claim.answer, clock: systemClock });
    server.worked += 1;
    await server.work(res, rawBody.toString());
  }
}
