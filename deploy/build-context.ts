import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

type Rule = { readonly pattern: string; readonly regex: RegExp; readonly isException: boolean };

/** What a builder sees of a folder: its files, less those that .dockerignore names. */
export class BuildContext {
  readonly root: string;
  readonly #rules: readonly Rule[];

  constructor(root: string) {
    this.root = root;
    this.#rules = readFileSync(join(root, '.dockerignore'), 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(toRule);
  }

  /** The last rule that names the path, or a folder above it, decides. */
  isIgnored(path: string): boolean {
    const parts = path.split('/');
    const prefixes = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    return this.#rules.findLast(({ regex }) => prefixes.some((prefix) => regex.test(prefix)))?.isException === false;
  }

  /** The files at or below a path, relative to the root. Throws when there is no such path. */
  files(path: string): readonly string[] {
    if (!statSync(join(this.root, path)).isDirectory()) return this.isIgnored(path) ? [] : [path];
    if (this.isIgnored(path) && !this.#rules.some(({ isException, pattern }) => isException && pattern.startsWith(`${path}/`))) return [];
    return readdirSync(join(this.root, path)).flatMap((name) => this.files(`${path}/${name}`));
  }
}

function toRule(line: string): Rule {
  const isException = line.startsWith('!');
  const pattern = isException ? line.slice(1) : line;
  const source = pattern
    .replaceAll(/[.+^$()|[\]{}]/g, String.raw`\$&`)
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(?:.*/)?');
  return { pattern, regex: new RegExp(`^${source}$`), isException };
}
