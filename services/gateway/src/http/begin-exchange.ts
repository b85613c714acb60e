import type { Clock } from '@sluice/platform/clock';
import type { ClientIp } from './client-ip.ts';
import { startExchange } from './exchange.ts';
import type { GatewayHandler } from './gateway-handler.ts';
import { outcomeOf, statusOf } from './outcome.ts';
import type { EndedExchange } from './record-exchange.ts';
import type { Tally } from '@sluice/platform/tally';

type BeginOptions = {
  readonly clock: Clock;
  readonly clientIp: Pick<ClientIp, 'read'>;
  readonly activeRequests: { inc(): void; dec(): void };
  /** Counts exchanges from their first byte to their record. */
  readonly open: Pick<Tally, 'enter'>;
  readonly isStopping: () => boolean;
  /** Called once a request, when its response is over and the work behind it too. */
  readonly onEnd: (ended: EndedExchange) => void;
};

/** Opens the exchange of a request, and sees to it that it is recorded once, whatever becomes of it. */
export function beginExchange({ clock, clientIp, activeRequests, open, isStopping, onEnd }: BeginOptions): GatewayHandler {
  return (req, res, next) => {
    const exchange = startExchange(req, { clock, clientIp: clientIp.read(req) });
    res.locals.exchange = exchange;
    exchange.closesConnection = isStopping();
    activeRequests.inc();
    const leave = open.enter();
    res.on('close', () => {
      activeRequests.dec();
      const isFinished = res.writableFinished;
      const durationMs = clock.monotonicMs() - exchange.arrivedAtMs;
      const end = (): void => {
        onEnd({ exchange, outcome: outcomeOf(exchange, isFinished), status: statusOf(res), durationMs });
        leave();
      };
      if (exchange.work) exchange.work.then(end, end);
      else end();
    });
    next();
  };
}
