import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failWith, remembering, say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'Oslo is cold.' }] };
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const FORMAT = { type: 'json_schema' as const, json_schema: { name: 'city', strict: true, schema: SCHEMA } };

describe('POST /v1/chat/completions with a form for the answer', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['{"city":', '"Oslo"}'])] });
  });
  afterAll(() => gateway.close());

  test('gives the helper of the official SDK the parsed object', async () => {
    const { script, requests } = remembering(say(['{"city":', '"Oslo"}']));
    gateway.runtime.script = script;
    const { choices } = await gateway.client.chat.completions.parse({ ...BODY, response_format: FORMAT });
    expect(choices[0]?.message.parsed).toEqual({ city: 'Oslo' });
    expect(requests).toMatchObject([{ constraint: { kind: 'jsonSchema', jsonSchema: JSON.stringify(SCHEMA) } }]);
  });

  test('lets it throw for an answer that was cut', async () => {
    gateway.runtime.script = (_request, run) => {
      run.token('{"city":');
      run.finish('LENGTH');
    };
    await expect(gateway.client.chat.completions.parse({ ...BODY, response_format: FORMAT })).rejects.toThrow('length limit was reached');
  });

  test.each([
    [{ response_format: { type: 'json_object' } }, { jsonObject: true }],
    [{ guided_json: SCHEMA }, { jsonSchema: JSON.stringify(SCHEMA) }],
    [{ guided_regex: '[a-z]+' }, { regex: '[a-z]+' }],
    [{ guided_choice: ['yes', 'no'] }, { choices: { texts: ['yes', 'no'] } }],
    [{ structured_outputs: { grammar: 'root ::= "x"' } }, { grammar: 'root ::= "x"' }],
  ])('tells the worker of %j', async (change, constraint) => {
    const { script, requests } = remembering(say(['x']));
    gateway.runtime.script = script;
    expect((await gateway.post(PATH, { ...BODY, ...change })).status).toBe(200);
    expect(requests[0]?.constraint).toMatchObject(constraint);
  });

  test('answers 400 to two forms at once, and asks no worker', async () => {
    const before = gateway.runtime.requestIds.length;
    const error = await errorOf(await gateway.post(PATH, { ...BODY, guided_regex: 'a', response_format: FORMAT }));
    expect(error).toMatchObject({ status: 400, param: 'guided_regex' });
    expect(gateway.runtime.requestIds).toHaveLength(before);
  });

  test.each([
    [{ guided_json: SCHEMA }, 'response_format.json_schema.schema.not', 'guided_json.not'],
    [{ structured_outputs: { regex: '(' } }, 'guided_regex', 'structured_outputs.regex'],
    [{ guided_regex: '(' }, 'guided_regex', 'guided_regex'],
    [{ guided_regex: '(' }, 'messages', 'messages'],
  ])('answers 400 for %j with the name that the client used, where the worker says %s', async (change, said, param) => {
    gateway.runtime.script = failWith('UNSUPPORTED_VALUE', `'${said}' is not supported.`, said);
    const error = await errorOf(await gateway.post(PATH, { ...BODY, ...change }));
    expect(error).toMatchObject({ status: 400, code: 'unsupported_value', param, message: `'${param}' is not supported.` });
  });

  test('answers 400 to a keyword that the worker does not know, in its words', async () => {
    gateway.runtime.script = failWith('UNSUPPORTED_VALUE', "The keyword 'not' is not supported.", 'response_format.json_schema.schema.not');
    const error = await errorOf(await gateway.post(PATH, { ...BODY, response_format: FORMAT }));
    expect(error).toMatchObject({ status: 400, code: 'unsupported_value', param: 'response_format.json_schema.schema.not' });
  });
});
