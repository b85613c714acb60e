import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const service = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  environment: z.record(z.string(), text).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string(), required: z.boolean().default(true) })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  networks: z.record(z.string(), z.looseObject({ aliases: z.array(z.string()).default([]) })).default({}),
  restart: z.string(),
  stop_grace_period: z.string().optional(),
});

const composeFile = z.looseObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) });

export type ComposeFile = z.infer<typeof composeFile>;
export type ComposeService = z.infer<typeof service>;

/** A compose file with its variables filled in from `env`, as Compose would do it. Throws what `${NAME:?message}` says when NAME is unset. */
export function readComposeFile(path: string, env: Readonly<Record<string, string>>): ComposeFile {
  const filled = mapStrings(parse(readFileSync(path, 'utf8'), { merge: true }), (value) => interpolate(value, env));
  return composeFile.parse(filled);
}

/** The names of all variables that a compose file asks its environment for. */
export function variablesOf(path: string): ReadonlySet<string> {
  return new Set([...readFileSync(path, 'utf8').matchAll(VARIABLE)].map(([, name = '']) => name));
}

/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

function interpolate(value: string, env: Readonly<Record<string, string>>): string {
  return value.replaceAll(VARIABLE, (_whole, name: string, operator: string | undefined, operand: string | undefined) => {
    const given = env[name] ?? '';
    if (given === '' && operator === '?') throw new Error(`${name}: ${operand}`);
    return given === '' && operator === '-' ? (operand ?? '') : given;
  });
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, map)]));
}
