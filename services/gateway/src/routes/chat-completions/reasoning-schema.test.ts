import { describe, expect, test } from '@jest/globals';
import { refusalOf } from '../../test-support/refusal.ts';
import { parseChatCompletion } from './schema.ts';

const MINIMAL = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

function reasoningOf(change: object) {
  const { messages, templateArgumentsJson, ...rest } = parseChatCompletion({ ...MINIMAL, ...change }).request.prompt?.chat ?? {};
  expect(messages).toHaveLength(1);
  return { ...rest, template: templateArgumentsJson === undefined ? undefined : (JSON.parse(templateArgumentsJson) as unknown) };
}

const THINKING = { enable_thinking: true, thinking: true };

describe('reasoning', () => {
  test.each([
    [{}, { template: undefined }],
    [{ reasoning_effort: 'none' }, { reasoningTokensMax: 0, template: { enable_thinking: false, thinking: false } }],
    [{ reasoning_effort: 'minimal' }, { reasoningTokensMax: 128, template: { ...THINKING, reasoning_effort: 'low' } }],
    [{ reasoning_effort: 'low' }, { reasoningTokensMax: 1_024, template: { ...THINKING, reasoning_effort: 'low' } }],
    [{ reasoning: { effort: 'medium' } }, { reasoningTokensMax: 4_096, template: { ...THINKING, reasoning_effort: 'medium' } }],
    [{ reasoning_effort: 'high' }, { template: { ...THINKING, reasoning_effort: 'high' } }],
    [{ reasoning_effort: 'xhigh' }, { template: { ...THINKING, reasoning_effort: 'high' } }],
    [{ reasoning: { effort: 'max', max_tokens: 9 } }, { reasoningTokensMax: 9, template: { ...THINKING, reasoning_effort: 'high' } }],
    [{ thinking_token_budget: 64 }, { reasoningTokensMax: 64, template: undefined }],
    [{ reasoning: { max_tokens: 0 } }, { reasoningTokensMax: 0, template: undefined }],
    [{ reasoning: { effort: 'high', max_tokens: 99 } }, { reasoningTokensMax: 99, template: { ...THINKING, reasoning_effort: 'high' } }],
    [{ chat_template_kwargs: { enable_thinking: false, style: 'short' } }, { template: { enable_thinking: false, style: 'short' } }],
    [
      { reasoning_effort: 'low', chat_template_kwargs: { thinking: 'maybe' } },
      { reasoningTokensMax: 1_024, template: { ...THINKING, reasoning_effort: 'low', thinking: 'maybe' } },
    ],
  ])('of %j is bounded and told to the template as %j', (change, expected) => {
    expect(reasoningOf(change)).toEqual(expected);
  });

  test.each([
    [{ reasoning_effort: 'extreme' }, 'invalid_value', 'reasoning_effort'],
    [{ reasoning_effort: 'low', reasoning: { effort: 'high' } }, 'invalid_value', 'reasoning.effort'],
    [{ thinking_token_budget: 5, reasoning: { max_tokens: 6 } }, 'invalid_value', 'reasoning.max_tokens'],
    [{ thinking_token_budget: -1 }, 'integer_below_min_value', 'thinking_token_budget'],
    [{ reasoning_effort: 'none', thinking_token_budget: 5 }, 'invalid_value', 'thinking_token_budget'],
    [{ reasoning: { effort: 'none', max_tokens: 5 } }, 'invalid_value', 'reasoning.max_tokens'],
    [{ reasoning: { exclude: true } }, 'unknown_parameter', 'reasoning.exclude'],
    [{ chat_template_kwargs: 'x' }, 'invalid_type', 'chat_template_kwargs'],
    [{ chat_template_kwargs: { messages: [] } }, 'invalid_value', 'chat_template_kwargs'],
    [{ chat_template_kwargs: { a: 'x'.repeat(17_000) } }, 'invalid_value', 'chat_template_kwargs'],
  ])('is refused as %j with %s at %s', (change, code, param) => {
    expect(refusalOf(() => parseChatCompletion({ ...MINIMAL, ...change }))).toMatchObject({ code, param });
  });

  test('is refused where it nests too deep', () => {
    const chat_template_kwargs: unknown = JSON.parse(`${'{"a":'.repeat(10_000)}{}${'}'.repeat(10_000)}`);
    expect(refusalOf(() => parseChatCompletion({ ...MINIMAL, chat_template_kwargs }))).toMatchObject({
      code: 'invalid_value',
      param: 'chat_template_kwargs',
    });
  });
});
