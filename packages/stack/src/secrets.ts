import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { generateApiKey } from '@sluice/platform/api-key';
import { z } from 'zod';
import type { Home } from './home.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const secretsSchema = z.object({ keyPepper: z.string(), postgresPassword: z.string(), apiKey: z.string(), adminKey: z.string() });
export type Secrets = z.infer<typeof secretsSchema>;

/** The home's secrets, made at its first start and kept: the same keys work after every restart. Throws when the file is damaged. */
export function loadSecrets(home: Home): Secrets {
  const kept = readJsonFile(home.secretsFile, secretsSchema);
  if (kept) return kept;
  // A new pepper would lock every key out, and a new password the database.
  if (existsSync(home.secretsFile))
    throw new Error(`${home.secretsFile} cannot be read. Restore it, or move ${home.root} away to start anew.`);
  const secrets = {
    keyPepper: randomBytes(32).toString('hex'),
    postgresPassword: randomBytes(24).toString('hex'),
    apiKey: generateApiKey().plaintext,
    adminKey: generateApiKey('admin').plaintext,
  };
  writeJsonFile(home.secretsFile, secrets);
  return secrets;
}
