import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const OPENAI = createRequire(import.meta.url).resolve('openai');

/** The names of an interface's own members, read from the declarations that the openai package ships. */
export function declaredParameters(file: string, interfaceName: string): string[] {
  const source = readFileSync(new URL(file, `file://${OPENAI}`), 'utf8');
  const [, body] = new RegExp(`export interface ${interfaceName} \\{\n([\\s\\S]*?)\n\\}`).exec(source) ?? [];
  return [...(body ?? '').matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name ?? '');
}
