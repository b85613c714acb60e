import { afterEach, describe, expect, test } from '@jest/globals';
import type { OutputSource } from './output-source.ts';
import { GrammarWriter } from './grammar-writer.ts';

const source = (constraint: OutputSource['constraint']): OutputSource => ({
  thoughts: undefined,
  contentBegin: '',
  calls: undefined,
  constraint,
});

describe('the grammar writer', () => {
  let writer = new GrammarWriter();
  afterEach(async () => {
    await writer.close();
    writer = new GrammarWriter();
  });

  test('writes on its thread what is asked, each for itself', async () => {
    const grammars = await Promise.all(['a', 'b', 'c'].map((text) => writer.write(source({ kind: 'choices', texts: [text] }))));
    expect(grammars.map((gbnf) => /"([abc])"/.exec(gbnf)?.[1])).toEqual(['a', 'b', 'c']);
  });

  test('a refusal comes as the fault that it is, and the next one is served', async () => {
    const schema = JSON.stringify({ properties: { age: { type: 'number', multipleOf: 3 } } });
    await expect(writer.write(source({ kind: 'jsonSchema', schema }))).rejects.toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      param: 'response_format.json_schema.schema.properties.age.multipleOf',
    });
    await expect(writer.write(source({ kind: 'jsonObject' }))).resolves.toContain('root ::=');
  });

  test('more than anybody would wait for is refused at once', async () => {
    const all = await Promise.allSettled(Array.from({ length: 80 }, () => writer.write(source({ kind: 'jsonObject' }))));
    const refused = all.filter((one) => one.status === 'rejected').map((one) => one.reason as unknown);
    expect(refused).toHaveLength(15);
    expect(refused[0]).toMatchObject({ code: 'SERVER_OVERLOADED' });
  });

  test('what waits at the end is told so', async () => {
    const waiting = [1, 2, 3].map(() => writer.write(source({ kind: 'jsonObject' })));
    const outcomes = Promise.allSettled(waiting);
    await writer.close();
    expect((await outcomes).map((one) => one.status === 'rejected' && (one.reason as { code?: string }).code)).toEqual([
      'SHUTTING_DOWN',
      'SHUTTING_DOWN',
      'SHUTTING_DOWN',
    ]);
    await expect(writer.write(source({ kind: 'jsonObject' }))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  test('what takes too long is given up, and the next one is served by another thread', async () => {
    const hasty = new GrammarWriter({ timeoutMs: 2_000 });
    // Each property alone has a thousand states.
    const properties = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`p${i}`, { type: 'string', pattern: `^(a|b|${i})*a(a|b){9}$` }]),
    );
    const slow = hasty.write(source({ kind: 'jsonSchema', schema: JSON.stringify({ properties }) }));
    const next = hasty.write(source({ kind: 'choices', texts: ['next'] }));
    await expect(slow).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE', message: expect.stringContaining('too long') });
    await expect(next).resolves.toContain('"next"');
    await hasty.close();
  });
});
