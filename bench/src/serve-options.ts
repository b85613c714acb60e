import { parseArgs } from 'node:util';
import type { Target } from './load-client.ts';

export type ServeOptions = {
  targets: Omit<Target, 'model'>[];
  models: (string | undefined)[];
  clients: number[];
  requests: number | undefined;
  promptTokens: number;
  outputTokensMax: number;
  endpoint: 'chat' | 'completions';
  isStreaming: boolean;
  extraBody: Record<string, unknown>;
  scenario: 'closed-loop' | 'long-prompts' | 'warm-prefix';
  /** Length of a system prompt that all requests of a run share; 0 for none. */
  sharedTokens: number;
  longPromptTokens: number;
  runs: number;
  secondsMax: number;
  isJson: boolean;
  save: string | undefined;
  note: string | undefined;
};

export const serveUsage = `usage: node bench/src/serve.ts --base-url [NAME=]URL [options]

  --base-url [NAME=]URL  an OpenAI-compatible server on this machine, e.g. http://127.0.0.1:8080/v1; give it again for
                         a second system, and the runs alternate between them
  --api-key KEY          once for all, or once for each --base-url
  --model ID             the same; default: the first that the server lists
  --clients 8,32         how many requests are in flight at a time; each number is its own row
  --requests N           requests of a run, default 4 for each client
  --prompt-tokens N      length of a prompt, calibrated with the server's own count, default 64
  --max-tokens N         length of an answer, default 128
  --endpoint chat|completions
  --no-stream            whole answers: no TTFT and no ITL
  --ignore-eos           sends ignore_eos and min_tokens, so that every answer has its full length
  --temperature T        default 0
  --body JSON            more fields for every request, e.g. '{"cache_prompt":false}'
  --long-prompts         the other scenario: --clients streams (default 8), then again beside one client that keeps sending
                         prompts of --long-prompt-tokens (default 800) with max_tokens 8
  --shared-tokens N      every request of a run begins with the same system prompt of so many tokens, which no run before had
  --warm-prefix          the third scenario: one client asks with a system prompt of --shared-tokens (default 1000) that
                         nobody has read, then again with the same one; TTFT of the first and of the others
  --runs N               default 3; the table shows medians
  --max-seconds N        ends a run early, default 300
  --json                 prints JSON instead of the table
  --save NAME            also writes bench/results/NAME.json and NAME.md
  --note TEXT            goes into the saved results, e.g. the servers' flags`;

const DEFAULT_CLIENTS = { 'closed-loop': '8,32', 'long-prompts': '8', 'warm-prefix': '1' } as const;

/** Parses and bounds the command line; throws a RangeError or TypeError that says what is wrong. */
export const parseServeOptions = (args: readonly string[]): ServeOptions => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      'base-url': { type: 'string', multiple: true, default: [] },
      'api-key': { type: 'string', multiple: true, default: [] },
      model: { type: 'string', multiple: true, default: [] },
      clients: { type: 'string' },
      requests: { type: 'string' },
      'prompt-tokens': { type: 'string', default: '64' },
      'max-tokens': { type: 'string', default: '128' },
      endpoint: { type: 'string', default: 'chat' },
      stream: { type: 'boolean', default: true },
      'ignore-eos': { type: 'boolean', default: false },
      temperature: { type: 'string', default: '0' },
      body: { type: 'string', default: '{}' },
      'long-prompts': { type: 'boolean', default: false },
      'shared-tokens': { type: 'string' },
      'warm-prefix': { type: 'boolean', default: false },
      'long-prompt-tokens': { type: 'string', default: '800' },
      runs: { type: 'string', default: '3' },
      'max-seconds': { type: 'string', default: '300' },
      json: { type: 'boolean', default: false },
      save: { type: 'string' },
      note: { type: 'string' },
    },
  });
  const outputTokensMax = integer('max-tokens', values['max-tokens'], 16_384);
  const { endpoint } = values;
  if (values['long-prompts'] && values['warm-prefix'])
    throw new RangeError('--long-prompts and --warm-prefix are two scenarios; ask for one');
  const scenario = values['long-prompts'] ? 'long-prompts' : values['warm-prefix'] ? 'warm-prefix' : 'closed-loop';
  if (endpoint !== 'chat' && endpoint !== 'completions') throw new RangeError('--endpoint is chat or completions');
  if (values['base-url'].length === 0) throw new RangeError('--base-url is missing');
  if (values.save !== undefined && !/^[\w.-]+$/.test(values.save)) throw new RangeError('--save takes a plain name');
  return {
    targets: values['base-url'].map((text, i) => ({ ...parseBaseUrl(text), apiKey: values['api-key'][i] ?? values['api-key'].at(-1) })),
    models: values['base-url'].map((_, i) => values.model[i] ?? values.model.at(-1)),
    clients: (values.clients ?? DEFAULT_CLIENTS[scenario]).split(',').map((text) => integer('clients', text, 512)),
    requests: values.requests === undefined ? undefined : integer('requests', values.requests, 100_000),
    promptTokens: integer('prompt-tokens', values['prompt-tokens'], 100_000),
    outputTokensMax,
    endpoint,
    isStreaming: values.stream || scenario !== 'closed-loop',
    extraBody: {
      temperature: Number(values.temperature),
      ...(values['ignore-eos'] ? { ignore_eos: true, min_tokens: outputTokensMax } : {}),
      ...(JSON.parse(values.body) as Record<string, unknown>),
    },
    scenario,
    sharedTokens:
      values['shared-tokens'] === undefined
        ? scenario === 'warm-prefix'
          ? 1_000
          : 0
        : integer('shared-tokens', values['shared-tokens'], 100_000),
    longPromptTokens: integer('long-prompt-tokens', values['long-prompt-tokens'], 100_000),
    runs: integer('runs', values.runs, 50),
    secondsMax: integer('max-seconds', values['max-seconds'], 3600),
    isJson: values.json,
    save: values.save,
    note: values.note,
  };
};

const integer = (name: string, text: string, largest: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > largest)
    throw new RangeError(`--${name} is a whole number from 1 to ${largest}, not ${text}`);
  return value;
};

// A load generator pointed at the wrong host is an attack, so it only ever talks to this machine.
const parseBaseUrl = (text: string): { name: string; baseUrl: URL } => {
  const [, name, url] = /^(?:([\w.-]+)=)?(http:.*)$/.exec(text) ?? [];
  if (url === undefined) throw new RangeError(`--base-url is [NAME=]http://127.0.0.1:PORT/v1, not ${text}`);
  const baseUrl = new URL(url);
  const isLoopback = baseUrl.hostname === 'localhost' || baseUrl.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(baseUrl.hostname);
  if (!isLoopback) throw new RangeError(`--base-url must be on this machine (127.0.0.1, ::1 or localhost), not ${baseUrl.hostname}`);
  return { name: name ?? baseUrl.host, baseUrl };
};
