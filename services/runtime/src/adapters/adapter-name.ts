import { createHash } from 'node:crypto';
import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';

const PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const EXTENSION = '.gguf';

/** Names are parts of `model:adapter` and of file names, so they hold nothing that either could take for its own. */
export const adapterName = z
  .string()
  .regex(PATTERN, 'must be 1 to 64 letters, digits, dots, underscores or hyphens, a letter or digit first');

/** Throws a Fault for what cannot be a name. */
export function requireAdapterName(name: string): string {
  if (PATTERN.test(name)) return name;
  throw new Fault('INVALID_VALUE', {
    message: 'The name of an adapter has 1 to 64 letters, digits, dots, underscores or hyphens, a letter or digit first.',
    param: 'name',
  });
}

export function toFileName(name: string): string {
  return `${requireAdapterName(name)}${EXTENSION}`;
}

/** Undefined for a file that is no adapter's. */
export function fromFileName(file: string): string | undefined {
  const name = file.endsWith(EXTENSION) ? file.slice(0, -EXTENSION.length) : '';
  return PATTERN.test(name) ? name : undefined;
}

/** The folder of a model's adapters. Models are named freely; two of them never share a folder. */
export function toFolderName(model: string): string {
  const readable = model.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100);
  return readable === model ? model : `${readable}.${createHash('sha256').update(model).digest('hex').slice(0, 12)}`;
}
