import type { Clock } from '@sluice/platform/clock';
import type { Exchange } from '../http/exchange.ts';
import type { TokenSink } from '../inference/attempt.ts';
import type { GatewayMetrics } from '../metrics.ts';

/** Passes tokens on and takes their times: the first one's, and the gaps between arrivals. */
export function meterTokens(
  sink: TokenSink,
  options: { exchange: Exchange; clock: Clock; metrics: Pick<GatewayMetrics, 'timeToFirstToken' | 'interTokenLatency'> },
): TokenSink {
  const { exchange, clock, metrics } = options;
  const labels = { model: exchange.model ?? '' };
  const gaps = metrics.interTokenLatency.labels(labels);
  let lastAtMs: number | undefined;
  return {
    delta: (text) => {
      sink.delta(text);
      if (exchange.firstTokenAtMs !== undefined) return;
      exchange.firstTokenAtMs = clock.monotonicMs();
      metrics.timeToFirstToken.observe(labels, (exchange.firstTokenAtMs - exchange.arrivedAtMs) / 1_000);
    },
    flush: () => {
      sink.flush();
      const nowMs = clock.monotonicMs();
      if (lastAtMs !== undefined) gaps.observe((nowMs - lastAtMs) / 1_000);
      lastAtMs = nowMs;
    },
  };
}
