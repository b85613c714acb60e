import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { generateApiKey } from '@sluice/platform/api-key';
import { z } from 'zod';
import type { Home } from './home.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const secretsSchema = z.object({
  keyPepper: z.string(),
  postgresPassword: z.string(),
  apiKey: z.string(),
  adminKey: z.string(),
  /** Of admin@localhost. Missing in what earlier versions wrote. */
  adminPassword: z.string().optional(),
});
export type Secrets = z.infer<typeof secretsSchema> & { readonly adminPassword: string };

/** The home's secrets, made at its first start and kept: the same keys work after every restart. Throws when the file is damaged. */
export function loadSecrets(home: Home): Secrets {
  const kept = readJsonFile(home.secretsFile, secretsSchema);
  if (kept) return complete(home, kept);
  // A new pepper would lock every key out, and a new password the database.
  if (existsSync(home.secretsFile))
    throw new Error(`${home.secretsFile} cannot be read. Restore it, or move ${home.root} away to start anew.`);
  return complete(home, {
    keyPepper: randomBytes(32).toString('hex'),
    postgresPassword: randomBytes(24).toString('hex'),
    apiKey: generateApiKey().plaintext,
    adminKey: generateApiKey('admin').plaintext,
  });
}

/** Makes what is missing, and keeps it. */
function complete(home: Home, kept: z.infer<typeof secretsSchema>): Secrets {
  if (kept.adminPassword !== undefined) return { ...kept, adminPassword: kept.adminPassword };
  const secrets = { ...kept, adminPassword: randomBytes(18).toString('base64url') };
  writeJsonFile(home.secretsFile, secrets);
  return secrets;
}
