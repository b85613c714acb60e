import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import type { Json } from './constraint/json-schema/json.ts';
import { openSession, story } from './test-support/session.ts';
import { createValidator } from './test-support/validator.ts';

const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 30 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    city: { type: 'string', pattern: '^[A-Z][a-z]*$', maxLength: 20 },
  },
  required: ['name', 'age', 'city'],
  additionalProperties: false,
};

const constraint = (schema: Json) => ({ constraint: { jsonSchema: JSON.stringify(schema) } });

describe('constrained output of a runtime process', () => {
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    runtime = await startRuntimeProcess({ SLOTS: '8' });
    await runtime.untilReady();
  });
  afterAll(() => runtime.stop());

  test('answers fulfil their schemas, beside answers without any', async () => {
    const session = openSession(runtime.client);
    const validate = createValidator(PERSON);
    for (let rid = 1; rid <= 12; rid++) {
      const isConstrained = rid % 3 !== 0;
      session.start(
        story(rid, { sampling: { temperature: 1, seed: rid }, stopping: { maxTokens: 200 }, ...(isConstrained ? constraint(PERSON) : {}) }),
      );
    }
    const ends = await Promise.all(Array.from({ length: 12 }, (_, i) => session.ended(i + 1)));
    for (const { rid, finished } of ends) {
      if (rid % 3 === 0) continue;
      const text = session.textOf(rid);
      expect({ text, reason: finished?.reason, valid: validate(JSON.parse(text)) }).toEqual({ text, reason: 'EOS', valid: true });
    }
    expect(session.textOf(3)).toMatch(/^Once upon a time/);
    session.call.end();
  });

  test('every kind of constraint comes over the wire', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { constraint: { jsonObject: true }, stopping: { maxTokens: 120 } }));
    session.start(story(2, { constraint: { regex: '\\d{2}:\\d{2}' } }));
    session.start(story(3, { constraint: { choices: { texts: ['fox', 'duck'] } } }));
    session.start(story(4, { constraint: { grammar: 'root ::= "<" [a-f]{3} ">"' } }));
    session.start(story(5, { prompt: { text: 'One, two, ' }, constraint: { regex: 'three|four' } }));
    await Promise.all([1, 2, 3, 4, 5].map((rid) => session.ended(rid)));
    expect(session.textOf(1)).toMatch(/^\{/);
    expect(session.textOf(2)).toMatch(/^\d{2}:\d{2}$/);
    expect(['fox', 'duck']).toContain(session.textOf(3));
    expect(session.textOf(4)).toMatch(/^<[a-f]{3}>$/);
    expect(['three', 'four']).toContain(session.textOf(5));
    session.call.end();
  });

  test('JSON that a stop string cuts says so, and a pattern may be meant to end at one', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { ...constraint(PERSON), stopping: { maxTokens: 200, stop: ['"age'] } }));
    session.start(story(2, { constraint: { regex: '[a-z]{3}\\n' }, stopping: { maxTokens: 20, stop: ['\n'] } }));
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'LENGTH', stopMatch: '"age' });
    expect((await session.ended(2)).finished).toMatchObject({ reason: 'STOP_STRING', stopMatch: '\n' });
    expect([session.textOf(1).includes('"age'), session.textOf(2)]).toEqual([false, expect.stringMatching(/^[a-z]{3}$/)]);
    session.call.end();
  });

  test('a stop string ends nothing before min_tokens', async () => {
    const session = openSession(runtime.client);
    const choices = { texts: ['one, two, three, four, five'] };
    session.start(story(1, { constraint: { choices }, stopping: { maxTokens: 40, stop: [','] } }));
    session.start(story(2, { constraint: { choices }, stopping: { maxTokens: 40, stop: [','], minTokens: 4 } }));
    await Promise.all([session.ended(1), session.ended(2)]);
    expect(session.textOf(1)).toBe('one');
    expect(session.textOf(2)).toMatch(/^one,.*[a-z]$/);
    session.call.end();
  });

  test('a bias that leaves no token which fits is refused under its name', async () => {
    const { tokenIds } = await runtime.client.tokenize({ prompt: { text: '0123456789' }, withoutMarkers: true }, { deadlineMs: 20_000 });
    const session = openSession(runtime.client);
    const logitBias = tokenIds.map((tokenId) => ({ tokenId, bias: -100 }));
    session.start(story(1, { constraint: { regex: '\\d' }, sampling: { temperature: 0, logitBias } }));
    expect((await session.ended(1)).failure).toMatchObject({ code: 'UNSUPPORTED_VALUE', param: 'logit_bias' });
    session.call.end();
  });

  test('a marker that the client would not see counts for nothing, however much the model likes it', async () => {
    const marker = '<|im_start|>';
    const { tokenIds } = await runtime.client.tokenize({ prompt: { text: marker }, withoutMarkers: true }, { deadlineMs: 20_000 });
    expect(tokenIds).toHaveLength(1);
    const liked = { temperature: 1, seed: 1, logitBias: tokenIds.map((tokenId) => ({ tokenId, bias: 100 })) };
    const session = openSession(runtime.client);
    const constraints = [constraint({ type: 'string', minLength: 12, maxLength: 30 }), { constraint: { regex: '[^0]{12}' } }];
    constraints.forEach((each, rid) => session.start(story(rid, { ...each, sampling: liked, stopping: { maxTokens: 100 } })));
    for (const rid of constraints.keys()) expect((await session.ended(rid)).finished?.reason).toBe('EOS');
    expect(JSON.parse(session.textOf(0)).length).toBeGreaterThanOrEqual(12);
    expect(session.textOf(1)).toMatch(/^[^0]{12}$/u);
    session.call.end();
  });

  test('what cannot be held is refused by its name, and nothing else is', async () => {
    const session = openSession(runtime.client);
    session.start(story(1));
    session.start(story(2, constraint({ type: 'object', properties: { age: { type: 'number', multipleOf: 2 } } })));
    session.start(story(3, { constraint: { grammar: 'root ::= a' } }));
    expect((await session.ended(2)).failure).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      param: 'response_format.json_schema.schema.properties.age.multipleOf',
    });
    expect((await session.ended(3)).failure).toMatchObject({ code: 'INVALID_VALUE', param: 'guided_grammar' });
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'LENGTH' });
    session.call.end();
  });

  test('a request that is cancelled while its grammar is made never runs', async () => {
    const session = openSession(runtime.client);
    const unseen = { ...PERSON, title: 'cancelled' };
    session.call.write({ starts: [story(1, constraint(unseen)), story(2, constraint(unseen))], cancels: [{ rid: 1 }] });
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'CANCELLED', usage: { promptTokens: 0, completionTokens: 0 } });
    expect(session.eventsOf(1)).toHaveLength(1);
    expect((await session.ended(2)).finished?.reason).toBe('EOS');
    session.call.end();
  });

  test('a request that would wait longer for its grammar than it may is told so', async () => {
    const session = openSession(runtime.client);
    const slow = { type: 'string', pattern: `^(${'(a|b|c|d)*x?'.repeat(40)})$`, title: String(process.pid) };
    session.start(story(1, { ...constraint(slow), queueTimeoutMs: 1 }));
    expect((await session.ended(1)).failure).toMatchObject({ code: 'TIMEOUT' });
    session.call.end();
  });
});
