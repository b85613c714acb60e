import { readFileSync } from 'node:fs';
import { runningStack } from '@sluice/stack/stack-state';
import type { CliConfig } from '../config.ts';
import { UsageError } from '../usage-error.ts';

/** Which gateway is administered, and as whom. */
export type Connection = {
  /** Without /v1. */
  readonly url: string;
  readonly key: string;
  /** Where the key was found, for whoever must replace it. */
  readonly keySource: string;
};

const KEY = /^[\x21-\x7E]{1,4096}$/;
/** One that calls models. */
const API_KEY = /^sk-(?!admin-)/;

/** What was asked for, else the environment's, else the running stack's. The stack's own key goes to the stack alone. Throws UsageError. */
export function findConnection(config: CliConfig, asked: { url: string | undefined; keyFile: string | undefined }): Connection {
  const stack = runningStack(config.home)?.info;
  const named = asked.url ?? config.url;
  const url = named === undefined ? undefined : toOrigin(named);
  if (url === undefined && !stack) {
    throw new UsageError(
      `Nothing is running in ${config.home.root}. Start it with ${config.command} up, or name another gateway with --url or SLUICE_URL.`,
    );
  }
  const key = givenKey(config, asked.keyFile);
  if (url !== undefined && url !== (stack && toOrigin(stack.baseUrl))) {
    if (!key) throw new UsageError(`${url} needs an admin key: set SLUICE_ADMIN_KEY, or name a file that holds it with --key-file.`);
    return { url, ...key };
  }
  if (!stack) throw new Error('a gateway that nobody named is the stack’s');
  return { url: toOrigin(stack.baseUrl), ...(key ?? { key: stack.adminKey, keySource: `the stack in ${config.home.root}` }) };
}

function givenKey(config: CliConfig, keyFile: string | undefined): Pick<Connection, 'key' | 'keySource'> | undefined {
  if (keyFile !== undefined) return { key: checked(readKeyFile(keyFile), `the file ${keyFile}`), keySource: `the file ${keyFile}` };
  if (config.adminKey === undefined) return undefined;
  return { key: checked(config.adminKey, 'SLUICE_ADMIN_KEY'), keySource: 'SLUICE_ADMIN_KEY' };
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`--key-file ${path} cannot be read.`, { cause });
  }
}

/** It goes into a header, and its text into no message. */
function checked(text: string, where: string): string {
  const key = text.trim();
  if (!KEY.test(key)) throw new UsageError(`What ${where} holds is not a key: one line without spaces is expected.`);
  if (API_KEY.test(key))
    throw new UsageError(
      `What ${where} holds is an API key, which calls models and administers nothing. An admin key begins with sk-admin-.`,
    );
  return key;
}

/** "http://host:8080" of that, with or without /v1. */
function toOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`The gateway’s address must be like https://sluice.example.com or http://127.0.0.1:8080, not "${text}".`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`;
}
