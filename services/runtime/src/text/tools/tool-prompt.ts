import type { HistoryMessage } from '../chat-history.ts';
import { toTemplateTool, type Tool } from './tool-list.ts';
import type { ToolSyntax } from './tool-syntax.ts';

/** Where the model is told: in the first message, if it is this role's. */
export type Teller = 'system' | 'user';

/** Tells a model of its tools in the system's message, where its template does not; in the user's, where it has no system's. */
export function withToolPrompt(
  messages: readonly HistoryMessage[],
  tools: readonly Tool[],
  { syntax: { forced }, teller }: { syntax: ToolSyntax; teller: Teller },
): HistoryMessage[] {
  const example = forced
    .before('name-of-the-function')
    .map((piece) => (typeof piece === 'string' ? piece : '0'.repeat(piece.lettersOrDigits)));
  const prompt = [
    'You may call functions. These are there, with the JSON schema of their arguments:',
    ...tools.map((tool) => JSON.stringify(toTemplateTool(tool))),
    'To call one, write nothing but this, with its name and its arguments in place of the example:',
    `${forced.begin}${example.join('')}{"argument": "value"}${forced.after}${forced.end}`,
    'You are told what it returned. Call none when you can answer without.',
  ].join('\n');
  const [first, ...others] = messages;
  if (first?.role !== teller) return [{ role: teller, content: prompt, calls: [] }, ...messages];
  return [{ ...first, content: teller === 'system' ? `${first.content}\n\n${prompt}` : `${prompt}\n\n${first.content}` }, ...others];
}
