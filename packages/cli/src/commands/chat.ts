import { createInterface } from 'node:readline/promises';
import { runningStack, type StackInfo } from '@sluice/stack/stack-state';
import type { Command } from '../command.ts';
import { streamAnswer, type ChatMessage } from '../stream-answer.ts';
import { UsageError } from '../usage-error.ts';

/** Talks to the running stack: one message from the command line, or a conversation. */
export const chat: Command = async (args, config) => {
  const info = runningStack(config.home)?.info;
  if (!info) throw new UsageError(`Nothing is running in ${config.home.root}. Start it with ${config.command} up`);
  if (args.length === 0) return converse(info);
  await answer(info, [{ role: 'user', content: args.join(' ') }]);
  return 0;
};

async function converse(info: StackInfo): Promise<number> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '\nyou › ' });
  process.stdout.write(`Talking to ${info.model}. /new starts over, Ctrl-D leaves.\n`);
  let messages: ChatMessage[] = [];
  terminal.on('SIGINT', () => terminal.close());
  // Input may end while an answer is still coming; lines that were read before are answered.
  let isOpen = true;
  terminal.on('close', () => {
    isOpen = false;
  });
  terminal.prompt();
  for await (const line of terminal) {
    const content = line.trim();
    if (content === '/new') messages = [];
    else if (content !== '') {
      process.stdout.write(`\n${info.model} › `);
      messages.push({ role: 'user', content });
      try {
        messages.push({ role: 'assistant', content: await answer(info, messages) });
      } catch (error) {
        messages.pop();
        process.stdout.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
    if (isOpen) terminal.prompt();
  }
  process.stdout.write('\n');
  return 0;
}

async function answer(info: StackInfo, messages: readonly ChatMessage[]): Promise<string> {
  let text = '';
  for await (const piece of streamAnswer(info, messages)) {
    text += piece;
    process.stdout.write(piece);
  }
  process.stdout.write('\n');
  return text;
}
