import { describe, expect, test } from '@jest/globals';
import { declaredParameters } from '../../test-support/openai-parameters.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import { chatCompletionSchema, parseChatCompletion } from './schema.ts';

const MINIMAL = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

function refusal(change: Record<string, unknown>) {
  return refusalOf(() => parseChatCompletion({ ...MINIMAL, ...change }));
}

describe('the body of a chat completion', () => {
  test('knows every parameter of the pinned openai package', () => {
    const declared = declaredParameters('resources/chat/completions/completions.d.ts', 'ChatCompletionCreateParamsBase');
    expect(declared.length).toBeGreaterThan(35);
    expect(declared.filter((name) => !(name in chatCompletionSchema.shape))).toEqual([]);
  });

  test('becomes a chat for the worker, with only what the client set', () => {
    expect(parseChatCompletion(MINIMAL)).toEqual({
      model: 'm',
      adapter: '',
      isStream: false,
      includesUsage: false,
      request: { prompt: { chat: { messages: [{ role: 'user', content: 'hi' }] } }, sampling: {}, stopping: {} },
    });
  });

  test('carries every sampling and stopping parameter over, zeros too', () => {
    const { request } = parseChatCompletion({
      ...MINIMAL,
      temperature: 0,
      top_p: 0.5,
      frequency_penalty: 0,
      presence_penalty: -2,
      seed: -1,
      logit_bias: { 7: -100 },
      stop: ['a', ''],
      max_completion_tokens: 5,
      top_k: -1,
      min_p: 0,
      repetition_penalty: 1.1,
      min_tokens: 2,
      ignore_eos: true,
      stop_token_ids: [1, 2],
      include_stop_str_in_output: true,
    });
    expect(request.sampling).toEqual({
      temperature: 0,
      topP: 0.5,
      frequencyPenalty: 0,
      presencePenalty: -2,
      seed: 0xffff_ffff,
      logitBias: [{ tokenId: 7, bias: -100 }],
      topK: 0,
      minP: 0,
      repetitionPenalty: 1.1,
    });
    expect(request.stopping).toEqual({ maxTokens: 5, minTokens: 2, stop: ['a'], stopTokenIds: [1, 2], ignoreEos: true, includeStop: true });
  });

  test('carries over how many answers there are, what each token tells, and the profile', () => {
    const { request } = parseChatCompletion({ ...MINIMAL, n: 3, logprobs: true, top_logprobs: 5, profile: 'auto' });
    expect(request).toMatchObject({ n: 3, logprobs: 5, profile: 'auto' });
    expect(parseChatCompletion({ ...MINIMAL, logprobs: true }).request.logprobs).toBe(0);
    expect(parseChatCompletion({ ...MINIMAL, logprobs: false, top_logprobs: 0 }).request).not.toHaveProperty('logprobs');
  });

  test.each(['image_url', 'input_audio', 'audio_url', 'file', 'video_url'])(
    'refuses a part of the type %s as one that is not read',
    (type) => {
      const parts = [{ type, [type]: { url: 'data:' } }];
      expect(refusal({ messages: [{ role: 'user', content: parts }] })).toEqual({
        code: 'unsupported_value',
        param: 'messages[0].content[0].type',
        message: `Unsupported value: 'messages[0].content[0].type' does not support '${type}' with this model. It reads 'text' only.`,
      });
    },
  );

  test('names an adapter in a field of its own', () => {
    expect(parseChatCompletion({ ...MINIMAL, adapter: 'law' })).toMatchObject({ model: 'm', adapter: 'law' });
  });

  test('joins text parts, and takes back an assistant message as the SDK returns it', () => {
    const { request } = parseChatCompletion({
      model: 'm',
      messages: [
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'assistant', content: 'c', refusal: null, annotations: [] },
        { role: 'user', content: 'd', name: 'Ann' },
      ],
    });
    expect(request.prompt).toEqual({
      chat: {
        messages: [
          { role: 'system', content: 'a\nb' },
          { role: 'assistant', content: 'c' },
          { role: 'user', content: 'd', name: 'Ann' },
        ],
      },
    });
  });

  test.each([
    ['n', 1],
    ['logprobs', false],
    ['top_logprobs', 0],
    ['response_format', { type: 'text' }],
    ['tools', []],
    ['tool_choice', 'none'],
    ['functions', []],
    ['function_call', 'none'],
    ['parallel_tool_calls', true],
    ['service_tier', 'auto'],
    ['service_tier', 'default'],
    ['modalities', ['text']],
    ['store', false],
    ['reasoning_effort', null],
    ['tool_choice', 'auto'],
    ['watermark', false],
    ['guided_json', null],
    ['structured_outputs', {}],
    ['verbosity', 'medium'],
    ['prompt_cache_retention', 'in_memory'],
    ['prompt_cache_options', { mode: 'implicit' }],
    ['audio', null],
    ['prediction', null],
    ['web_search_options', null],
    ['moderation', null],
    ['user', 'u'],
    ['safety_identifier', 's'],
    ['prompt_cache_key', 'k'],
    ['metadata', { a: 'b' }],
    ['temperature', null],
    ['stop', null],
    ['stream', null],
  ])('takes the neutral value of %s: %j', (name, value) => {
    expect(parseChatCompletion({ ...MINIMAL, [name]: value })).toEqual(parseChatCompletion(MINIMAL));
  });

  test.each([
    ['functions', [{ name: 'f' }]],
    ['function_call', { name: 'f' }],
    ['service_tier', 'flex'],
    ['modalities', ['text', 'audio']],
    ['audio', { voice: 'alloy', format: 'wav' }],
    ['store', true],
    ['verbosity', 'low'],
    ['prompt_cache_retention', '24h'],
    ['prompt_cache_options', { mode: 'explicit' }],
    ['prediction', { type: 'content', content: 'x' }],
    ['web_search_options', {}],
    ['moderation', { model: 'x' }],
  ])('refuses %s by name: %j', (name, value) => {
    expect(refusal({ [name]: value })).toEqual({
      code: 'unsupported_parameter',
      param: name,
      message: `Unsupported parameter: '${name}' is not supported with this model.`,
    });
  });

  test.each([
    [{ messages: undefined }, 'missing_required_parameter', 'messages', "Missing required parameter: 'messages'."],
    [{ model: undefined }, 'missing_required_parameter', 'model', "Missing required parameter: 'model'."],
    [
      { messages: 'hi' },
      'invalid_type',
      'messages',
      "Invalid type for 'messages': expected an array of objects, but got a string instead.",
    ],
    [{ messages: null }, 'invalid_type', 'messages', "Invalid type for 'messages': expected an array of objects, but got null instead."],
    [
      { messages: [] },
      'empty_array',
      'messages',
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ],
    [{ messages: ['hi'] }, 'invalid_type', 'messages[0]', "Invalid type for 'messages[0]': expected an object, but got a string instead."],
    [
      { messages: [{ content: 'hi' }] },
      'missing_required_parameter',
      'messages[0].role',
      "Missing required parameter: 'messages[0].role'.",
    ],
    [
      { messages: [{ role: 'user' }] },
      'missing_required_parameter',
      'messages[0].content',
      "Missing required parameter: 'messages[0].content'.",
    ],
    [
      { messages: [{ role: 'bot', content: 'hi' }] },
      'invalid_value',
      'messages[0].role',
      "Invalid value: 'bot'. Supported values are: 'system', 'developer', 'user', 'assistant', and 'tool'.",
    ],
    [
      { messages: [{ role: 'user', content: 5 }] },
      'invalid_type',
      'messages[0].content',
      "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
    ],
    [
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'image_url', image_url: { url: 'data:' } },
            ],
          },
        ],
      },
      'unsupported_value',
      'messages[0].content[1].type',
      "Unsupported value: 'messages[0].content[1].type' does not support 'image_url' with this model. It reads 'text' only.",
    ],
    [
      { messages: [{ role: 'user', content: 'a', colour: 'red' }] },
      'unknown_parameter',
      'messages[0].colour',
      "Unknown parameter: 'messages[0].colour'.",
    ],
    [
      { messages: [{ role: 'assistant', content: 'a', function_call: { name: 'f', arguments: '{}' } }] },
      'unsupported_parameter',
      'messages[0].function_call',
      "Unsupported parameter: 'messages[0].function_call' is not supported with this model.",
    ],
    [{ n: 17 }, 'integer_above_max_value', 'n', "Invalid 'n': integer above maximum value. Expected a value <= 16, but got 17 instead."],
    [{ top_logprobs: 5 }, 'invalid_value', 'top_logprobs', "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."],
    [
      { logprobs: true, top_logprobs: 21 },
      'integer_above_max_value',
      'top_logprobs',
      "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
    ],
    [
      { min_tokens: 9, max_tokens: 8 },
      'invalid_value',
      'min_tokens',
      "Invalid 'min_tokens': 9 is more than the 8 tokens that the answer may have.",
    ],
    [
      { temperature: 'hot' },
      'invalid_type',
      'temperature',
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ],
    [
      { temperature: 3 },
      'decimal_above_max_value',
      'temperature',
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    ],
    [
      { top_p: -0.5 },
      'decimal_below_min_value',
      'top_p',
      "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
    ],
    [
      { max_tokens: -1 },
      'integer_below_min_value',
      'max_tokens',
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -1 instead.",
    ],
    [
      { max_tokens: 1.5 },
      'invalid_type',
      'max_tokens',
      "Invalid type for 'max_tokens': expected an integer, but got a decimal number instead.",
    ],
    [
      { stop: ['a', 'b', 'c', 'd', 'e'] },
      'array_above_max_length',
      'stop',
      "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
    ],
    [
      { stop: 7 },
      'invalid_type',
      'stop',
      "Invalid type for 'stop': expected one of a string or array of strings, but got an integer instead.",
    ],
    [{ stream: 'yes' }, 'invalid_type', 'stream', "Invalid type for 'stream': expected a boolean, but got a string instead."],
    [{ logit_bias: { cat: 1 } }, 'invalid_value', 'logit_bias', "Invalid key in 'logit_bias': expected token ids as keys."],
    [
      { logit_bias: { 5: 101 } },
      'decimal_above_max_value',
      'logit_bias.5',
      "Invalid 'logit_bias.5': decimal above maximum value. Expected a value <= 100, but got 101 instead.",
    ],
    [{ colour: 'red' }, 'unknown_parameter', 'colour', "Unknown parameter: 'colour'."],
    [
      { stream_options: { include_usage: true } },
      null,
      'stream_options',
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ],
    [
      { stream: true, stream_options: { include_obfuscation: true } },
      'unsupported_parameter',
      'stream_options.include_obfuscation',
      "Unsupported parameter: 'stream_options.include_obfuscation' is not supported with this model.",
    ],
    [
      { max_tokens: 1, max_completion_tokens: 1 },
      'invalid_value',
      'max_tokens',
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    ],
    [
      { user: 'u'.repeat(513) },
      'string_above_max_length',
      'user',
      "Invalid 'user': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    ],
  ])('refuses %j with %s at %s', (change, code, param, message) => {
    expect(refusal(change)).toEqual({ code, param, message });
  });

  test.each([[[]], ['text'], [null], [5]])('refuses a body that is no object: %j', (body) => {
    expect(refusalOf(() => parseChatCompletion(body))).toMatchObject({ code: 'invalid_type', param: null });
  });

  test('does not echo a name that is megabytes long', () => {
    const { message, param } = refusal({ ['x'.repeat(1_000_000)]: 1 });
    expect(message.length + (param?.length ?? 0)).toBeLessThan(400);
  });

  test('costs little to refuse, however many things are wrong with it', () => {
    let reads = 0;
    const wrong = new Proxy({}, { get: () => void reads++, has: () => reads++ < 0, ownKeys: () => (reads++ < 0 ? [''] : []) });
    const many = Array.from({ length: 2_048 }, () => wrong);
    for (const message of [
      { role: 'assistant', tool_calls: many },
      { role: 'user', content: many },
    ]) {
      expect(refusal({ messages: Array.from({ length: 500 }, () => message) }).code).toBe('array_above_max_length');
      expect(reads).toBe(0);
    }
    // One look at each message for what it holds.
    expect(refusal({ messages: Array.from({ length: 300_000 }, () => wrong) }).code).toBe('array_above_max_length');
    expect(reads).toBeLessThanOrEqual(2 * 300_000);
  });
});
