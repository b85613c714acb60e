// Records what llama.cpp itself says, greedily, so that a test can hold our engine to the same tokens.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

type Case = { prompt: string; promptTokens: number[]; text: string; tokens: number[] };

const questions = [
  'Tell me a story about a fox.',
  'Tell me a story about a robot.',
  'What is the capital of France?',
  'What is the capital of Japan?',
  'What is 7 + 5?',
  'What is 6 * 7?',
  'Extract the data as JSON: Anna is 31 years old and lives in Rome.',
  'The code of Tom is 4821. The code of Eva is 7713. What is the code of Tom?',
];
const outputTokensMax = 64;

const usage = `usage: node bench/src/record-greedy.ts --peer FOLDER [--model GGUF] [--out JSON] [--port N]

  --peer FOLDER  where bench/peer.sh built; uses its llama-server without OpenMP, 1 thread, 1 slot
  --model GGUF   default models/demo-chat.gguf
  --out JSON     default services/runtime/test/fixtures/greedy-llama-cpp.json`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      peer: { type: 'string' },
      model: { type: 'string', default: new URL('../../models/demo-chat.gguf', import.meta.url).pathname },
      out: { type: 'string', default: new URL('../../services/runtime/test/fixtures/greedy-llama-cpp.json', import.meta.url).pathname },
      port: { type: 'string', default: '18099' },
    },
  });
  if (values.peer === undefined) throw new Error(usage);

  const flags = ['-c', '2048', '-np', '1', '-t', '1', '-tb', '1', '--no-warmup'];
  const server = spawn(
    join(values.peer, 'noomp/bin/llama-server'),
    ['-m', values.model, ...flags, '--host', '127.0.0.1', '--port', values.port],
    { stdio: 'ignore' },
  );
  try {
    const baseUrl = `http://127.0.0.1:${values.port}`;
    await untilHealthy(baseUrl, server);
    const cases: Case[] = [];
    for (const question of questions) cases.push(await record(baseUrl, question));
    const fixture = {
      command: `llama-server -m ${basename(values.model)} ${flags.join(' ')}; POST /completion ${JSON.stringify(greedy)}`,
      llamaCpp: readFileSync(join(values.peer, 'version.txt'), 'utf8').trim(),
      model: basename(values.model),
      cases,
    };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(fixture, undefined, 2)}\n`);
    for (const { tokens, text } of cases) console.log(`${String(tokens.length).padStart(3)} tokens  ${JSON.stringify(text)}`);
  } finally {
    if (server.exitCode === null && server.kill()) await once(server, 'exit');
  }
};

// Everything that could bend the distribution is off, and no cached prefix may change how the prompt is batched.
const greedy = {
  n_predict: outputTokensMax,
  temperature: 0,
  top_k: 1,
  repeat_penalty: 1,
  cache_prompt: false,
  return_tokens: true,
};

const untilHealthy = async (baseUrl: string, server: ChildProcess): Promise<void> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (server.exitCode !== null) throw new Error(`llama-server ended with ${server.exitCode}`);
    const response = await fetch(`${baseUrl}/health`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(100);
  }
  throw new Error('llama-server was not healthy after 10 s');
};

const record = async (baseUrl: string, question: string): Promise<Case> => {
  const prompt = `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;
  const { tokens: promptTokens } = await post<{ tokens: number[] }>(`${baseUrl}/tokenize`, {
    content: prompt,
    add_special: false,
    parse_special: true,
  });
  // The token ids go in, not the text: the fixture then pins generation apart from tokenising.
  const { content, tokens } = await post<{ content: string; tokens: number[] }>(`${baseUrl}/completion`, {
    prompt: promptTokens,
    ...greedy,
  });
  return { prompt, promptTokens, text: content, tokens };
};

const post = async <Answer>(url: string, body: unknown): Promise<Answer> => {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
};

if (import.meta.main) await main();
