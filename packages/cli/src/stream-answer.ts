import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { StackInfo } from '@sluice/stack/stack-state';
import { z } from 'zod';

export type ChatMessage = { readonly role: 'user' | 'assistant'; readonly content: string };

const errorSchema = z.object({ error: z.object({ message: z.string() }) });
const chunkSchema = z.object({ choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })) });
const DONE = '[DONE]';

/** The pieces of one streamed answer as they come. Rejects with the server's own words when it refuses or breaks off. */
export async function* streamAnswer(stack: StackInfo, messages: readonly ChatMessage[]): AsyncGenerator<string> {
  const response = await fetch(`${stack.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: stack.model, messages, stream: true }),
  });
  if (!response.ok || !response.body) throw new Error(errorText(await response.text()) ?? `the gateway answered ${response.status}`);
  for await (const line of createInterface({ input: Readable.from(response.body) })) {
    const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : DONE;
    if (data === DONE) continue;
    const problem = errorText(data);
    if (problem !== undefined) throw new Error(problem);
    for (const choice of chunkSchema.parse(JSON.parse(data)).choices) yield choice.delta.content ?? '';
  }
}

function errorText(body: string): string | undefined {
  try {
    return errorSchema.safeParse(JSON.parse(body)).data?.error.message;
  } catch {
    return undefined;
  }
}
