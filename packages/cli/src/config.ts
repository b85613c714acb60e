import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commaList, parseEnv } from '@sluice/platform/config';
import { homeAt, type Home } from '@sluice/stack/home';
import { REPOSITORY } from '@sluice/stack/repository';
import { z } from 'zod';

const schema = z.object({
  /** The data folder; one stack each. */
  SLUICE_HOME: z.string().optional(),
  /** A model to serve instead of the demo one: a .gguf or .yaml file, or hf:user/repo:file. */
  SLUICE_MODEL: z.string().optional(),
  /** Several such, separated by commas, or a folder of .yaml files; instead of SLUICE_MODEL. */
  SLUICE_MODELS: commaList.optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  /** A gateway to administer instead of the running stack's. */
  SLUICE_URL: z.url({ protocol: /^https?$/, error: 'must be an https:// or http:// URL' }).optional(),
  /** Administers it. From the environment, because a command line is kept in a shell's history. */
  SLUICE_ADMIN_KEY: z.string().optional(),
});

export type CliConfig = {
  readonly home: Home;
  /** What to type to reach this same stack from this same folder. */
  readonly command: string;
  readonly model: string | undefined;
  readonly models: readonly string[] | undefined;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Of the gateway that `admin` speaks to; without them, the running stack's. */
  readonly url: string | undefined;
  readonly adminKey: string | undefined;
  /** What programs that the CLI starts inherit. */
  readonly env: NodeJS.ProcessEnv;
};

/** Relative paths start where the command was typed. Throws ConfigError. */
export function readConfig(): CliConfig {
  const values = parseEnv(schema, process.env);
  return {
    home: homeAt(values.SLUICE_HOME ?? join(REPOSITORY, '.sluice')),
    command: values.SLUICE_HOME === undefined ? './sluice' : `SLUICE_HOME=${values.SLUICE_HOME} ./sluice`,
    model: values.SLUICE_MODEL === undefined ? undefined : asModel(values.SLUICE_MODEL),
    models: values.SLUICE_MODELS?.map(asModel),
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    url: values.SLUICE_URL,
    adminKey: values.SLUICE_ADMIN_KEY,
    env: process.env,
  };
}

/** The runtime works in another folder, so a file is named in full. */
function asModel(model: string): string {
  return existsSync(model) ? resolve(model) : model;
}
