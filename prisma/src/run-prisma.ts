import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prismaEnvironment } from './config.ts';

const PRISMA_FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** What stands in where DATABASE_URL and KEY_PEPPER are unset. */
type Defaults = { readonly databaseUrl?: string | undefined; readonly keyPepper?: string | undefined };

/** Runs the prisma command line in this terminal and resolves with its exit code. */
export async function runPrisma(args: readonly string[], defaults: Defaults = {}): Promise<number> {
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const child = spawn(process.execPath, [cli, ...withConfig(args)], {
    stdio: 'inherit',
    env: prismaEnvironment({
      databaseUrl: defaults.databaseUrl,
      keyPepper: defaults.keyPepper,
      schemaEngine: hasRealEngine() ? undefined : join(PRISMA_FOLDER, 'schema-engine/schema-engine'),
    }),
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Points at our config, so that the command works from the repository's root. */
function withConfig(args: readonly string[]): readonly string[] {
  const takesConfig = args[0] !== undefined && !args[0].startsWith('-') && !args.some((arg) => arg.startsWith('--config'));
  return takesConfig ? [...args, '--config', join(PRISMA_FOLDER, 'prisma.config.ts')] : args;
}

/** Prisma's engine as its own download would leave it. */
function hasRealEngine(): boolean {
  const prisma = createRequire(createRequire(import.meta.url).resolve('prisma/package.json'));
  const folder = dirname(dirname(prisma.resolve('@prisma/engines')));
  return readdirSync(folder).some((name) => /^schema-engine-[a-z0-9.-]+$/.test(name) && !/\.(gz|sha256)/.test(name));
}
