import { describe, expect, test } from '@jest/globals';
import { prefixDigests } from './prefix-digests.ts';

const chat = (...contents: string[]) => ({
  model: 'm',
  prompt: { chat: { messages: contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })) } },
});

/** How many names two prompts share from the start. */
function shared(a: number[], b: number[]): number {
  let i = 0;
  while (i < Math.min(a.length, b.length) && a[i] === b[i]) i++;
  return i;
}

describe('the names of the beginnings of a prompt', () => {
  test('are the same as far as the messages are, and differ from there on', () => {
    const first = prefixDigests(chat('system', 'hello', 'one'));
    const second = prefixDigests(chat('system', 'hello', 'two', 'more'));
    expect(first).toHaveLength(3);
    expect(second).toHaveLength(4);
    expect(shared(first, second)).toBe(2);
    expect(new Set([...first, ...second]).size).toBe(5);
  });

  test('tell where a text ends from where the next begins', () => {
    expect(shared(prefixDigests(chat('ab', 'c')), prefixDigests(chat('a', 'bc')))).toBe(0);
  });

  test('stand for every kilobyte of a long text', () => {
    const long = 'x'.repeat(3_000);
    const first = prefixDigests({ model: 'm', prompt: { text: `${long}a` } });
    expect(first).toHaveLength(3);
    expect(shared(first, prefixDigests({ model: 'm', prompt: { text: `${long}b` } }))).toBe(2);
  });

  test('are others for another model, another adapter, other tools, other thoughts, and a prompt of tokens', () => {
    const base = chat('hello');
    const all = [
      prefixDigests(base),
      prefixDigests({ ...base, model: 'n' }),
      prefixDigests({ ...base, adapter: 'x' }),
      prefixDigests({ ...base, prompt: { chat: { ...base.prompt.chat, toolsJson: '[{}]' } } }),
      prefixDigests({ ...base, prompt: { chat: { messages: [{ role: 'user', content: 'hello', reasoningContent: 'hm' }] } } }),
      prefixDigests({ model: 'm', prompt: { text: 'hello' } }),
      prefixDigests({ model: 'm', prompt: { tokenIds: { ids: [1, 2] } } }),
    ];
    expect(new Set(all.flat()).size).toBe(all.flat().length);
  });

  test('are bounded for a prompt of megabytes', () => {
    expect(prefixDigests({ model: 'm', prompt: { text: 'y'.repeat(4_000_000) } })).toHaveLength(64);
    expect(prefixDigests({ model: 'm', prompt: { tokenIds: { ids: Array.from({ length: 500_000 }, (_, i) => i) } } }).length).toBeLessThan(
      80,
    );
  });
});
