import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import { remembering, say } from '@sluice/testing/scripts';
import { startHarness, type Harness } from '../test-support/gateway-harness.ts';
import { samplingParameters } from './sampling-schema.ts';

/** Values that a float of the wire holds exactly. */
const SAMPLING = {
  temperature: 0.5,
  top_p: 0.25,
  frequency_penalty: -1.5,
  presence_penalty: 1.5,
  seed: 2 ** 32 + 7,
  logit_bias: { '17': -100, '18': 2.5 },
  top_k: -1,
  min_p: 0.125,
  repetition_penalty: 1.25,
  typical_p: 0.75,
  dry_multiplier: 0.5,
  dry_base: 1.75,
  dry_allowed_length: 3,
  dry_penalty_last_n: -1,
  dry_sequence_breakers: ['\n', ':'],
  xtc_probability: 0.5,
  xtc_threshold: 0.25,
  mirostat: 2,
  mirostat_mode: 2,
  mirostat_tau: 4.5,
  mirostat_eta: 0.5,
  watermark: true,
};
const STOPPING = {
  max_tokens: 9,
  min_tokens: 3,
  stop: ['END', '\n\n'],
  stop_token_ids: [5, 4_000_000_000],
  ignore_eos: true,
  include_stop_str_in_output: true,
};
const SAMPLED = {
  temperature: 0.5,
  topP: 0.25,
  frequencyPenalty: -1.5,
  presencePenalty: 1.5,
  seed: 7,
  logitBias: [
    { tokenId: 17, bias: -100 },
    { tokenId: 18, bias: 2.5 },
  ],
  topK: 0,
  minP: 0.125,
  repetitionPenalty: 1.25,
  typicalP: 0.75,
  dryMultiplier: 0.5,
  dryBase: 1.75,
  dryAllowedLength: 3,
  dryPenaltyLastN: -1,
  drySequenceBreakers: ['\n', ':'],
  xtcProbability: 0.5,
  xtcThreshold: 0.25,
  mirostat: 2,
  mirostatTau: 4.5,
  mirostatEta: 0.5,
  watermark: true,
};
const STOPPED = {
  maxTokens: 9,
  minTokens: 3,
  stop: ['END', '\n\n'],
  stopTokenIds: [5, 4_000_000_000],
  ignoreEos: true,
  includeStop: true,
};

test('every sampling parameter that there is stands in this test', () => {
  expect(Object.keys(SAMPLING).sort()).toEqual(Object.keys(samplingParameters).sort());
});

describe.each(['chat', 'text'] as const)('what a client asks of a %s over the wire', (kind) => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  /** What the worker got of a request that the official SDK sent. */
  async function asked(change: object): Promise<GenerateRequest__Output | undefined> {
    const { script, requests } = remembering(say(['x']));
    gateway.runtime.script = script;
    const { client } = gateway;
    if (kind === 'chat')
      await client.chat.completions.create({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }], ...change, stream: false });
    else await client.completions.create({ model: 'scripted', prompt: 'hi', ...change, stream: false });
    return requests[0];
  }

  test('how tokens are chosen and where the answer ends reaches the worker, each under its name', async () => {
    const request = await asked({ ...SAMPLING, ...STOPPING });
    expect(request?.sampling).toMatchObject(SAMPLED);
    expect(request?.stopping).toMatchObject(STOPPED);
  });

  test('what is not said stays unset, which is not zero', async () => {
    const request = await asked({});
    const { watermark, logitBias, drySequenceBreakers, ...unset } = request?.sampling ?? {};
    expect({ watermark, logitBias, drySequenceBreakers }).toEqual({ watermark: false, logitBias: [], drySequenceBreakers: [] });
    // Names of optional fields, such as _topP, stand beside their values.
    expect(Object.values(unset).filter((value) => value !== undefined)).toEqual([]);
    expect(request).toMatchObject({ n: 0, bestOf: 0, echo: false, profile: '', constraint: null, adapter: '' });
    expect(request?.logprobs).toBeUndefined();
    expect(request?.stopping).toMatchObject({ minTokens: 0, stop: [], stopTokenIds: [], ignoreEos: false, includeStop: false });
  });

  const cases: readonly (readonly [asked: object, expected: object])[] = [
    [{ n: 3 }, { n: 3 }],
    [{ profile: 'auto' }, { profile: 'auto' }],
    [{ guided_json: { type: 'object' } }, { constraint: { jsonSchema: '{"type":"object"}' } }],
    [{ guided_regex: '[a-z]+' }, { constraint: { regex: '[a-z]+' } }],
    [{ guided_choice: ['yes', 'no'] }, { constraint: { choices: { texts: ['yes', 'no'] } } }],
    [{ guided_grammar: 'root ::= "x"' }, { constraint: { grammar: 'root ::= "x"' } }],
    [{ response_format: { type: 'json_object' } }, { constraint: { jsonObject: true } }],
  ];
  const ofChat: typeof cases = [
    [{ logprobs: true, top_logprobs: 4 }, { logprobs: 4 }],
    [{ logprobs: true }, { logprobs: 0 }],
  ];
  const ofText: typeof cases = [
    [{ logprobs: 4 }, { logprobs: 4 }],
    [{ logprobs: 0 }, { logprobs: 0 }],
    [{ echo: true }, { echo: true }],
    [
      { best_of: 4, n: 2 },
      { n: 2, bestOf: 4 },
    ],
  ];
  test.each([...cases, ...(kind === 'chat' ? ofChat : ofText)])('%j reaches the worker', async (change, expected) => {
    expect(await asked(change)).toMatchObject(expected);
  });
});
