import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import type { Grammar } from '../engine/engine.ts';
import { GrammarCache } from './grammar-cache.ts';
import type { OutputSource } from './output-source.ts';

const source = (pattern: string): OutputSource => ({
  thoughts: undefined,
  contentBegin: '',
  calls: undefined,
  constraint: { kind: 'regex', pattern },
});

function createParts() {
  const written: string[] = [];
  const compiled: string[] = [];
  let fault: Fault | undefined;
  return {
    written,
    compiled,
    failWith: (next: Fault | undefined) => (fault = next),
    writer: {
      async write({ constraint }: OutputSource) {
        if (fault) throw fault;
        const gbnf = constraint?.kind === 'regex' ? constraint.pattern : '';
        written.push(gbnf);
        return gbnf;
      },
    },
    engine: () => ({
      async compileGrammar(gbnf: string): Promise<Grammar> {
        compiled.push(gbnf);
        return { gbnf };
      },
    }),
  };
}

describe('the grammar cache', () => {
  test('makes a grammar once for all who ask at the same time, and has it at once for those who come later', async () => {
    const parts = createParts();
    const cache = new GrammarCache(parts.writer);
    const engine = parts.engine();
    const [first, second] = await Promise.all([cache.get(engine, source('a')), cache.get(engine, source('a'))]);
    expect(second).toBe(first);
    expect(cache.get(engine, source('a'))).toBe(first);
    expect(parts.compiled).toEqual(['a']);
  });

  test('keeps the grammars of engines apart', async () => {
    const parts = createParts();
    const cache = new GrammarCache(parts.writer);
    await cache.get(parts.engine(), source('a'));
    await cache.get(parts.engine(), source('a'));
    expect(parts.compiled).toEqual(['a', 'a']);
  });

  test('remembers for a minute what cannot be held', async () => {
    const parts = createParts();
    let nowMs = 1_000;
    const cache = new GrammarCache(parts.writer, { perf: { now: () => nowMs } });
    const engine = parts.engine();
    const fault = new Fault('UNSUPPORTED_VALUE', { message: 'too long' });
    parts.failWith(fault);
    await expect(cache.get(engine, source('a'))).rejects.toBe(fault);
    parts.failWith(undefined);
    expect(() => cache.get(engine, source('a'))).toThrow(fault);
    await expect(cache.get(engine, source('b'))).resolves.toEqual({ gbnf: 'b' });
    nowMs += 61_000;
    await expect(cache.get(engine, source('a'))).resolves.toEqual({ gbnf: 'a' });
  });

  test('does not remember a failure of the moment', async () => {
    const parts = createParts();
    const cache = new GrammarCache(parts.writer);
    const engine = parts.engine();
    parts.failWith(new Fault('SERVER_OVERLOADED', { message: 'busy' }));
    await expect(cache.get(engine, source('a'))).rejects.toThrow('busy');
    parts.failWith(undefined);
    await expect(cache.get(engine, source('a'))).resolves.toEqual({ gbnf: 'a' });
  });

  test('forgets what was not asked for longest', async () => {
    const parts = createParts();
    const cache = new GrammarCache(parts.writer);
    const engine = parts.engine();
    for (let i = 0; i < 300; i++) await cache.get(engine, source(`p${i}`));
    expect(cache.get(engine, source('p299'))).toEqual({ gbnf: 'p299' });
    await cache.get(engine, source('p0'));
    expect(parts.written).toHaveLength(301);
  });
});
