import type { ToolFormat } from '../../models/formats.ts';
import { createDeepseek } from './deepseek.ts';
import { createFunctionary } from './functionary.ts';
import { gptOss } from './gpt-oss.ts';
import { hermes } from './hermes.ts';
import { llama3 } from './llama3.ts';
import { createMistral } from './mistral.ts';
import { createPhi } from './phi.ts';
import type { ToolSyntax } from './tool-syntax.ts';

/** How calls are written in a format; where it has several ways, as the template does. */
export function toolSyntaxOf(format: ToolFormat, template: string): ToolSyntax | undefined {
  switch (format) {
    case 'hermes':
      return hermes;
    case 'llama3':
      return llama3;
    case 'mistral':
      return createMistral(template);
    case 'deepseek':
      return createDeepseek(template);
    case 'phi':
      return createPhi(template);
    case 'functionary':
      return createFunctionary(template);
    case 'gpt-oss':
      return gptOss;
    case 'none':
      return undefined;
    default:
      return format satisfies never;
  }
}

/** In this order: some templates mention what belongs to an older format, too. */
const SIGNS: readonly (readonly [RegExp, ToolFormat])[] = [
  // Calls with a tag for each argument, or a list of them in a tag of its own, which nothing here reads.
  [/<parameter=|<arg_key>|<invoke name=|<tool_calls>/, 'none'],
  [/<\|channel\|>/, 'gpt-oss'],
  [/>>>all|<function=/, 'functionary'],
  [/<｜tool▁calls?▁begin｜>/, 'deepseek'],
  [/\[TOOL_CALLS\]/, 'mistral'],
  [/<\|tool_call\|>|<\|tool\|>|functools/, 'phi'],
  [/<tool_call>/, 'hermes'],
  [/<\|python_tag\|>|"parameters": dictionary of argument name/, 'llama3'],
];

/** The format that a chat template shows the model. */
export function detectToolFormat(template: string): ToolFormat {
  return SIGNS.find(([sign]) => sign.test(template))?.[1] ?? 'none';
}
