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
    [{ prompt: ['a', 'b'] }, 'unsupported_value', 'prompt'],
    [{ prompt: [[1], [2]] }, 'unsupported_value', 'prompt'],
    [{ prompt: 5 }, 'invalid_type', 'prompt'],
    [{ prompt: [1, 'b'] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [1, -2] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [{}] }, 'invalid_type', 'prompt[0]'],
    [{ echo: true }, 'unsupported_parameter', 'echo'],
    [{ best_of: 2 }, 'unsupported_parameter', 'best_of'],
    [{ logprobs: 0 }, 'unsupported_parameter', 'logprobs'],
    [{ suffix: 'end' }, 'unsupported_parameter', 'suffix'],
    [{ messages: [] }, 'unknown_parameter', 'messages'],
  ])('refuses %j with %s at %s', (change, code, param) => {
    expect(refusalOf(() => parseCompletion({ ...MINIMAL, ...change }))).toMatchObject({ code, param });
  });

  test.each([{ echo: false }, { best_of: 1 }, { logprobs: null }, { suffix: '' }, { n: 1 }])('takes the neutral %j', (change) => {
    expect(parseCompletion({ ...MINIMAL, ...change }).model).toBe('m');
  });
});
