import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { remembering, sayPieces } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };
const thinking = sayPieces([{ reasoning: 'They say ' }, { reasoning: 'hi.' }, { text: 'Hello' }, { text: '!' }]);

describe('POST /v1/chat/completions to a model that thinks', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [thinking] });
  });
  afterAll(() => gateway.close());

  test('answers 200 with the thoughts beside the text, and counts them', async () => {
    const { choices, usage } = await gateway.client.chat.completions.create(BODY);
    expect(choices[0]?.message).toMatchObject({ content: 'Hello!', reasoning_content: 'They say hi.' });
    expect(usage).toMatchObject({
      completion_tokens: 4,
      completion_tokens_details: { reasoning_tokens: 2, accepted_prediction_tokens: 0 },
    });
  });

  test('streams the thoughts as they come, before the text', async () => {
    const chunks = await collect(await gateway.client.chat.completions.create({ ...BODY, stream: true }));
    expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'They say ' },
      { reasoning_content: 'hi.' },
      { content: 'Hello' },
      { content: '!' },
      {},
    ]);
  });

  test('has an empty text, not null, when it was cut while it thought', async () => {
    gateway.runtime.script = sayPieces([{ reasoning: 'They say ' }], (run) => run.finish('LENGTH'));
    const { choices } = await gateway.client.chat.completions.create(BODY);
    expect(choices[0]).toMatchObject({ message: { content: '', reasoning_content: 'They say ' }, finish_reason: 'length' });
    gateway.runtime.script = thinking;
  });

  test('tells the worker how long it may think, and its template how hard', async () => {
    const { script, requests } = remembering(thinking);
    gateway.runtime.script = script;
    await gateway.client.chat.completions.create({ ...BODY, reasoning_effort: 'low' });
    await gateway.post('/v1/chat/completions', { ...BODY, thinking_token_budget: 9, chat_template_kwargs: { enable_thinking: true } });
    expect(requests.map(({ prompt }) => prompt?.chat)).toMatchObject([
      { reasoningTokensMax: 1_024, templateArgumentsJson: '{"enable_thinking":true,"thinking":true,"reasoning_effort":"low"}' },
      { reasoningTokensMax: 9, templateArgumentsJson: '{"enable_thinking":true}' },
    ]);
  });

  test('takes an answer back as it was given, with its thoughts', async () => {
    const { script, requests } = remembering(thinking);
    gateway.runtime.script = script;
    const [choice] = (await gateway.client.chat.completions.create(BODY)).choices;
    if (!choice) throw new Error('there is no answer');
    await gateway.client.chat.completions.create({ ...BODY, messages: [...BODY.messages, choice.message, ...BODY.messages] });
    expect(requests[1]?.prompt?.chat?.messages[1]).toMatchObject({
      role: 'assistant',
      content: 'Hello!',
      reasoningContent: 'They say hi.',
    });
  });
});
