import { parseArgs } from 'node:util';
import { defaultLayout, type Layout } from './processors.ts';

const SCENARIOS = ['latency', 'ttft', 'throughput', 'chunks', 'rejections', 'memory'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export type GatewayBenchOptions = {
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly connections: readonly number[];
  readonly memoryRequests: number;
  /** A folder that bench/portkey.sh has filled. */
  readonly portkey: string | undefined;
  readonly layout: Layout;
  readonly isProfiling: boolean;
  readonly isJson: boolean;
  readonly save: string | undefined;
  readonly note: string | undefined;
};

export const GATEWAY_USAGE = `usage: node bench/src/gateway.ts [options]

Starts a gateway with its database, Redis and an instant runtime, measures it on the loopback interface, and stops all of it.

  --scenarios a,b        of ${SCENARIOS.join(', ')}; all but memory by default
  --portkey DIR          measures the Portkey gateway beside it, installed by bench/portkey.sh DIR
  --runs N               rounds of each measurement, taken in turn by the systems; default 3, the tables show medians
  --seconds N            of each run, default 10
  --rate N               requests a second of the latency scenario, default 200
  --connections 8,32     of the throughput scenario, default 8,32,128
  --requests N           of the memory scenario, default 500000
  --no-pin               leaves all processes on all processors
  --profile              also writes where the gateway's processor time goes, by function
  --json                 prints JSON instead of tables
  --save NAME            also writes bench/results/NAME.json and NAME.md
  --note TEXT            goes into the saved results`;

/** Parses and bounds the command line; throws a RangeError or TypeError that says what is wrong. */
export function parseGatewayOptions(args: readonly string[]): GatewayBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      scenarios: { type: 'string', default: SCENARIOS.filter((name) => name !== 'memory').join(',') },
      portkey: { type: 'string' },
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '10' },
      rate: { type: 'string', default: '200' },
      connections: { type: 'string', default: '8,32,128' },
      requests: { type: 'string', default: '500000' },
      pin: { type: 'boolean', default: true },
      profile: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      save: { type: 'string' },
      note: { type: 'string' },
    },
  });
  if (values.save !== undefined && !/^[\w.-]+$/.test(values.save)) throw new RangeError('--save takes a plain name');
  return {
    scenarios: values.scenarios.split(',').map(toScenario),
    runs: integer('runs', values.runs, 50),
    seconds: integer('seconds', values.seconds, 120),
    perSecond: integer('rate', values.rate, 5_000),
    connections: values.connections.split(',').map((text) => integer('connections', text, 512)),
    memoryRequests: integer('requests', values.requests, 5_000_000),
    portkey: values.portkey,
    layout: values.pin ? defaultLayout() : undefined,
    isProfiling: values.profile,
    isJson: values.json,
    save: values.save,
    note: values.note,
  };
}

function toScenario(text: string): Scenario {
  const found = SCENARIOS.find((name) => name === text);
  if (!found) throw new RangeError(`--scenarios are ${SCENARIOS.join(', ')}, not ${text}`);
  return found;
}

function integer(name: string, text: string, largest: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > largest)
    throw new RangeError(`--${name} is a whole number from 1 to ${largest}, not ${text}`);
  return value;
}
