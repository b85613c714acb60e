import { describe, expect, test } from '@jest/globals';
import { declaredParameters } from '../../test-support/openai-parameters.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import { completionSchema, parseCompletion } from './schema.ts';

const MINIMAL = { model: 'm', prompt: 'once' };

describe('the body of a completion', () => {
  test('knows every parameter of the pinned openai package', () => {
    const declared = declaredParameters('resources/completions.d.ts', 'CompletionCreateParamsBase');
    expect(declared.length).toBeGreaterThan(15);
    expect(declared.filter((name) => !(name in completionSchema.shape))).toEqual([]);
  });

  test('stops after 16 tokens unless the client says otherwise, as at OpenAI', () => {
    expect(parseCompletion(MINIMAL).request.stopping).toEqual({ maxTokens: 16 });
    expect(parseCompletion({ ...MINIMAL, max_tokens: 3 }).request.stopping).toEqual({ maxTokens: 3 });
  });

  test.each([
    ['once', { text: 'once' }],
    [['once'], { text: 'once' }],
    [[1, 2, 3], { tokenIds: { ids: [1, 2, 3] } }],
    [[[1, 2, 3]], { tokenIds: { ids: [1, 2, 3] } }],
  ])('takes a prompt as text or token ids, alone or as the only one of a list: %j', (prompt, expected) => {
    expect(parseCompletion({ ...MINIMAL, prompt }).request.prompt).toEqual(expected);
  });

  test.each([
    [{ prompt: undefined }, 'missing_required_parameter', 'prompt'],
    [{ prompt: [] }, 'empty_array', 'prompt'],
    [{ prompt: [[]] }, 'empty_array', 'prompt[0]'],
    [{ prompt: ['a', 5] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: ['a', [1]] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [[1], 'a'] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [[1], []] }, 'empty_array', 'prompt[1]'],
    [{ prompt: Array.from({ length: 129 }, () => 'a') }, 'array_above_max_length', 'prompt'],
    [{ prompt: Array.from({ length: 65 }, () => 'a'), n: 2 }, 'invalid_value', 'prompt'],
    [{ prompt: Array.from({ length: 65 }, () => 'a'), best_of: 2 }, 'invalid_value', 'prompt'],
    [{ prompt: 5 }, 'invalid_type', 'prompt'],
    [{ prompt: [1, 'b'] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [1, -2] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [{}] }, 'invalid_type', 'prompt[0]'],
    [{ best_of: 17 }, 'integer_above_max_value', 'best_of'],
    [{ best_of: 2, n: 3 }, 'invalid_value', 'best_of'],
    [{ best_of: 2, stream: true }, 'invalid_value', 'best_of'],
    [{ logprobs: 21 }, 'integer_above_max_value', 'logprobs'],
    [{ logprobs: true }, 'invalid_type', 'logprobs'],
    [{ max_tokens: 0 }, 'integer_below_min_value', 'max_tokens'],
    [{ tools: [] }, 'unknown_parameter', 'tools'],
    [{ suffix: 'end' }, 'unsupported_parameter', 'suffix'],
    [{ messages: [] }, 'unknown_parameter', 'messages'],
  ])('refuses %j with %s at %s', (change, code, param) => {
    expect(refusalOf(() => parseCompletion({ ...MINIMAL, ...change }))).toMatchObject({ code, param });
  });

  test('carries over how many answers are generated, what is told of each token, and whether the prompt comes back', () => {
    const { request } = parseCompletion({ ...MINIMAL, n: 2, best_of: 4, echo: true, max_tokens: 0, logprobs: 0 });
    expect(request).toMatchObject({ n: 2, bestOf: 4, echo: true, logprobs: 0, stopping: { maxTokens: 0 } });
    expect(parseCompletion({ ...MINIMAL, n: 2, best_of: 2, stream: true }).request).not.toHaveProperty('bestOf');
  });

  test.each([
    [['once', 'twice'], { text: 'once' }, [{ text: 'twice' }]],
    [[[1], [2, 3], [4]], { tokenIds: { ids: [1] } }, [{ tokenIds: { ids: [2, 3] } }, { tokenIds: { ids: [4] } }]],
  ])('takes several prompts: %j', (prompt, first, others) => {
    const job = parseCompletion({ ...MINIMAL, prompt });
    expect(job.request.prompt).toEqual(first);
    expect(job.morePrompts).toEqual(others);
  });

  test.each([{ echo: false }, { best_of: 1 }, { logprobs: null }, { suffix: '' }, { n: 1 }])('takes the neutral %j', (change) => {
    expect(parseCompletion({ ...MINIMAL, ...change })).toEqual(parseCompletion(MINIMAL));
  });
});
