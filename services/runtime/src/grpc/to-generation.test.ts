import { describe, expect, test } from '@jest/globals';
import type { Chat__Output } from '@sluice/proto/v1/Chat';
import type { ChatMessage__Output } from '@sluice/proto/v1/ChatMessage';
import { toPromptSource } from './to-generation.ts';

const MESSAGE: ChatMessage__Output = { role: 'assistant', content: 'Hi', toolCallsJson: '', reasoningContent: '' };
const CHAT: Chat__Output = { messages: [], toolsJson: '', templateArgumentsJson: '', toolChoice: 'AUTO', toolName: '' };

describe('a chat on the wire', () => {
  test('has what a message is made of, and nothing that it is not', () => {
    const messages = [MESSAGE, { ...MESSAGE, reasoningContent: 'Hm.', name: 'Al', toolCallsJson: '[{}]', toolCallId: 'call_1' }];
    expect(toPromptSource({ chat: { ...CHAT, messages } })).toMatchObject({
      kind: 'chat',
      messages: [
        { role: 'assistant', content: 'Hi' },
        { role: 'assistant', content: 'Hi', reasoning_content: 'Hm.', name: 'Al', tool_calls: [{}], tool_call_id: 'call_1' },
      ],
    });
    expect(toPromptSource({ chat: { ...CHAT, messages } })).toHaveProperty('messages[0]', { role: 'assistant', content: 'Hi' });
  });

  test.each([
    ['messages[1].tool_calls', { messages: [MESSAGE, { ...MESSAGE, toolCallsJson: '[' }] }],
    ['tools', { toolsJson: '{' }],
    ['chat_template_kwargs', { templateArgumentsJson: 'no' }],
  ])('with broken JSON is refused at %s', (param, change) => {
    expect(() => toPromptSource({ chat: { ...CHAT, ...change } })).toThrow(expect.objectContaining({ code: 'INVALID_JSON', param }));
  });

  test('that nests deeper than can be written again is refused', () => {
    const deep = `${'{"items":'.repeat(10_000)}{}${'}'.repeat(10_000)}`;
    expect(() => toPromptSource({ chat: { ...CHAT, toolsJson: `[${deep}]` } })).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE', param: 'tools' }),
    );
  });
});
