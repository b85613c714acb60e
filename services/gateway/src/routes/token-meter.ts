import type { Clock } from '@sluice/platform/clock';
import type { Exchange } from '../http/exchange.ts';
import type { TokenSink } from '../inference/token-sink.ts';
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
  const takeFirst = (): void => {
    exchange.firstTokenAtMs = clock.monotonicMs();
    metrics.timeToFirstToken.observe(labels, (exchange.firstTokenAtMs - exchange.arrivedAtMs) / 1_000);
  };
  return {
    queued: (position) => sink.queued(position),
    started: (profile) => sink.started(profile),
    delta: (text, index) => {
      sink.delta(text, index);
      if (exchange.firstTokenAtMs === undefined) takeFirst();
    },
    detailed: (text, index, details) => {
      sink.detailed(text, index, details);
      // The prompt's own text is no token of the answer.
      if (exchange.firstTokenAtMs === undefined && !details.isEcho) takeFirst();
    },
    choiceEnd: (index, reason) => sink.choiceEnd(index, reason),
    flush: () => {
      sink.flush();
      const nowMs = clock.monotonicMs();
      if (lastAtMs !== undefined) gaps.observe((nowMs - lastAtMs) / 1_000);
      lastAtMs = nowMs;
    },
  };
}
