import type { ToolSyntax } from './tool-syntax.ts';
import { functionaryRecipients } from './functionary-recipients.ts';
import { functionaryTags } from './functionary-tags.ts';

/** Functionary 3.2 addresses every part of an answer, 3.1 puts calls into tags. The template tells which it is. */
export function createFunctionary(template: string): ToolSyntax {
  return template.includes('>>>') ? functionaryRecipients : functionaryTags;
}
