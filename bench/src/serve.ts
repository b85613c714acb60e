// Measures OpenAI-compatible servers on this machine as their users feel them: TTFT, ITL and tokens a second over HTTP.
import { runClosedLoop } from './closed-loop.ts';
import type { RequestPlan } from './closed-loop.ts';
import { createLoadClient } from './load-client.ts';
import type { LoadClient, Target } from './load-client.ts';
import { runLongPrompts } from './long-prompts.ts';
import { buildPrompt, calibrateWords } from './prompts.ts';
import { mediansOf } from './run-metrics.ts';
import { saveResults } from './save-results.ts';
import { parseServeOptions, serveUsage } from './serve-options.ts';
import type { ServeOptions } from './serve-options.ts';
import { closedLoopTable, longPromptsTable, warmPrefixTable } from './serve-tables.ts';
import { runWarmPrefix } from './warm-prefix.ts';

/** One row of the table: one system under one load, the median of its runs. */
export type Row<Metrics> = { system: string; clients: number; median: Metrics; runs: Metrics[] };
type System = { target: Target; client: LoadClient };
type Measured<Metrics> = { metrics: Metrics; failures: string[] };

const main = async (): Promise<void> => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(serveUsage);
    return;
  }
  const options = parseServeOptions(args);
  const systems = await Promise.all(options.targets.map((target, i) => connect(target, options.models[i])));
  try {
    const { rows, table } = await measureScenario(systems, options);
    const results = { command: `bench:serve ${withoutKeys(args).join(' ')}`, note: options.note, rows };
    if (options.save !== undefined) console.error(saveResults(options.save, { ...results, table }));
    console.log(options.isJson ? JSON.stringify(results, undefined, 2) : table);
  } finally {
    for (const { client } of systems) client.close();
  }
};

const measureScenario = (systems: readonly System[], options: ServeOptions) => {
  if (options.scenario === 'long-prompts') return measureLongPrompts(systems, options);
  if (options.scenario === 'warm-prefix') return measureWarmPrefix(systems, options);
  return measureClosedLoop(systems, options);
};

const connect = async (target: Omit<Target, 'model'>, model: string | undefined): Promise<System> => {
  const known = { ...target, model: model ?? (await firstModel(target)) };
  return { target: known, client: createLoadClient(known) };
};

const firstModel = async ({ baseUrl, apiKey }: Omit<Target, 'model'>): Promise<string> => {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${baseUrl.href.replace(/\/$/, '')}/models`, { headers });
  if (!response.ok) throw new Error(`${baseUrl.href}/models: HTTP ${response.status}`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  const [first] = data;
  if (first === undefined) throw new Error(`${baseUrl.href} lists no model; name one with --model`);
  return first.id;
};

const measureClosedLoop = async (systems: readonly System[], options: ServeOptions) => {
  const words = await calibrate(systems, options, options.promptTokens);
  const sharedWords = options.sharedTokens === 0 ? 0 : await calibrate(systems, options, options.sharedTokens);
  const rows = await alternate(systems, options, async ({ client }, { clients, seed }) => {
    // Every run begins with a system prompt that nobody has read yet.
    const shared = sharedWords === 0 ? undefined : buildPrompt(seed - 1, sharedWords);
    const requests = options.requests ?? clients * 4;
    return runClosedLoop(client, {
      clients,
      requests,
      secondsMax: options.secondsMax,
      plan: (index) => plan(options, { seed: seed + index, words, outputTokens: options.outputTokensMax, shared }),
    });
  });
  return { rows, table: closedLoopTable(rows) };
};

const measureLongPrompts = async (systems: readonly System[], options: ServeOptions) => {
  const words = await calibrate(systems, options, options.promptTokens);
  const longWords = await calibrate(systems, options, options.longPromptTokens);
  const rows = await alternate(systems, options, async ({ client }, { clients, seed }) =>
    runLongPrompts(client, {
      streams: clients,
      secondsMax: options.secondsMax,
      stream: (index) => plan(options, { seed: seed + index, words, outputTokens: options.outputTokensMax }),
      long: (index) => plan(options, { seed: seed + 500_000 + index, words: longWords, outputTokens: 8 }),
    }),
  );
  return { rows, table: longPromptsTable(rows) };
};

const BEGINNINGS = 3;
const REPEATS = 4;

const measureWarmPrefix = async (systems: readonly System[], options: ServeOptions) => {
  const words = await calibrate(systems, options, options.promptTokens);
  const sharedWords = await calibrate(systems, options, options.sharedTokens);
  const rows = await alternate(systems, options, async ({ client }, { seed }) =>
    runWarmPrefix(client, {
      secondsMax: options.secondsMax,
      beginnings: BEGINNINGS,
      repeats: REPEATS,
      request: ({ beginning, repeat }) =>
        plan(options, {
          seed: seed + 1_000 * beginning + repeat,
          words,
          outputTokens: options.outputTokensMax,
          shared: buildPrompt(seed + 500_000 + beginning, sharedWords),
        }),
    }),
  );
  return { rows, table: warmPrefixTable(rows) };
};

/**
 * Warms every system up, then runs A B, B A, A B …: what changes on a shared machine over time then meets all systems alike.
 * Every run has prompts of its own, the same ones for each system, so no prefix cache can help.
 */
const alternate = async <Metrics extends Record<string, number>>(
  systems: readonly System[],
  options: ServeOptions,
  measure: (system: System, load: { clients: number; seed: number }) => Promise<Measured<Metrics>>,
): Promise<Row<Metrics>[]> => {
  const rows: Row<Metrics>[] = [];
  let seed = 1_000_000;
  for (const clients of options.clients) {
    const runs = new Map<System, Metrics[]>(systems.map((system) => [system, []]));
    for (const system of systems) await warmUp(system, options, clients);
    for (let run = 0; run < options.runs; run++) {
      seed += 1_000_000;
      for (const system of run % 2 === 0 ? systems : systems.toReversed()) {
        console.error(`${system.target.name}: ${clients} clients, run ${run + 1} of ${options.runs}`);
        const { metrics, failures } = await measure(system, { clients, seed });
        for (const failure of failures) console.error(`${system.target.name}: ${failure}`);
        runs.get(system)?.push(metrics);
      }
    }
    for (const [{ target }, measured] of runs) rows.push({ system: target.name, clients, median: mediansOf(measured), runs: measured });
  }
  return rows;
};

const warmUp = async ({ client }: System, options: ServeOptions, clients: number): Promise<void> => {
  await runClosedLoop(client, {
    clients,
    requests: clients,
    secondsMax: 60,
    plan: (index) => plan(options, { seed: index, words: 16, outputTokens: 8 }),
  });
};

// The first system's count decides for all, so that each gets the very same prompts.
const calibrate = async ([first]: readonly System[], options: ServeOptions, promptTokens: number): Promise<number> =>
  calibrateWords(promptTokens, async (prompt) => {
    const { path, body } = requestFor(options, { prompt, outputTokens: 1 });
    const trace = await first?.client.send(path, body, { signal: AbortSignal.timeout(60_000) });
    if (trace?.outcome !== 'ok') throw new Error(`calibrating the prompt failed: ${trace?.failure}`);
    return trace.promptTokens;
  });

type Ask = { seed: number; words: number; outputTokens: number; shared?: string | undefined };

const plan = (options: ServeOptions, { seed, words, outputTokens, shared }: Ask): RequestPlan =>
  requestFor(options, { prompt: buildPrompt(seed, words), outputTokens, shared });

const requestFor = (
  { endpoint, isStreaming, extraBody }: ServeOptions,
  { prompt, outputTokens, shared }: { prompt: string; outputTokens: number; shared?: string | undefined },
): RequestPlan => ({
  path: endpoint === 'chat' ? 'chat/completions' : 'completions',
  body: {
    ...(endpoint === 'chat' ? { messages: messagesOf(prompt, shared) } : { prompt: `${shared ?? ''}${prompt}` }),
    max_tokens: outputTokens,
    ...(isStreaming ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...extraBody,
    ...(extraBody['min_tokens'] === undefined ? {} : { min_tokens: outputTokens }), // never above this request's own maximum
  },
});

const messagesOf = (prompt: string, shared: string | undefined) => [
  ...(shared === undefined ? [] : [{ role: 'system', content: shared }]),
  { role: 'user', content: prompt },
];

const withoutKeys = (args: readonly string[]): string[] =>
  args
    .map((arg, i) => (args[i - 1] === '--api-key' ? '***' : arg.replace(/^(--api-key=).*/, '$1***')))
    .map((arg) => (/^[\w./:,=*-]+$/.test(arg) ? arg : `'${arg}'`));

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof RangeError || error instanceof TypeError ? `${error.message}\n\n${serveUsage}` : error);
    process.exitCode = 1;
  });
}
