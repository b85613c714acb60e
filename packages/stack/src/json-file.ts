import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';

/** The parsed file; undefined when it is not there or does not hold what it should. */
export function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step; by default only its owner may read it. */
export function writeJsonFile(path: string, value: unknown, options: { mode: number } = { mode: 0o600 }): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, options);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
