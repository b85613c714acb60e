import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { homeAt } from '@sluice/stack/home';
import { identifyProcess } from '@sluice/stack/process-identity';
import type { CliConfig } from '../config.ts';
import { findConnection } from './connection.ts';

const STACK_URL = 'http://127.0.0.1:8080';
const STACK_KEY = 'sk-admin-of-the-stack';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-connection-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('with a stack that runs', () => {
  beforeEach(() => writeState());

  test('its address and its key are taken', () => {
    expect(find({})).toEqual({ url: STACK_URL, key: STACK_KEY, keySource: `the stack in ${folder}` });
  });

  test('its key goes to no other gateway, whoever named it', () => {
    expect(() => find({ url: 'https://sluice.example.com' })).toThrow('https://sluice.example.com needs an admin key');
    expect(() => find({ env: { url: 'http://127.0.0.1:8081' } })).toThrow('http://127.0.0.1:8081 needs an admin key');
  });

  test('its own address may be written out, with or without /v1', () => {
    expect(find({ url: `${STACK_URL}/v1/` })).toMatchObject({ url: STACK_URL, key: STACK_KEY });
  });

  test('a key of the environment or of a file is taken before its own, and the file’s before both', () => {
    expect(find({ env: { adminKey: 'sk-admin-of-the-environment' } })).toMatchObject({
      url: STACK_URL,
      key: 'sk-admin-of-the-environment',
    });
    const keyFile = fileWith('sk-admin-of-the-file\n');
    expect(find({ keyFile, env: { adminKey: 'sk-admin-of-the-environment' } })).toMatchObject({ key: 'sk-admin-of-the-file' });
  });

  test('an address on the command line is taken before that of the environment', () => {
    const env = { url: 'https://one.example.com', adminKey: 'sk-admin-of-the-environment' };
    expect(find({ url: 'https://two.example.com', env })).toMatchObject({ url: 'https://two.example.com' });
    expect(find({ env })).toMatchObject({ url: 'https://one.example.com' });
  });
});

test('without a stack, a gateway must be named', () => {
  expect(() => find({ env: { adminKey: 'sk-admin-mine' } })).toThrow('name another gateway with --url or SLUICE_URL');
  expect(find({ url: 'https://sluice.example.com/base/v1', env: { adminKey: 'sk-admin-mine' } })).toEqual({
    url: 'https://sluice.example.com/base',
    key: 'sk-admin-mine',
    keySource: 'SLUICE_ADMIN_KEY',
  });
});

test('a stack that is not running is none', () => {
  writeState({ pid: process.pid, startedAt: 'another time' });
  expect(() => find({})).toThrow('Nothing is running');
});

test('an API key is told from an admin key before it is sent anywhere', () => {
  expect(() => find({ url: STACK_URL, env: { adminKey: 'sk-for-models' } })).toThrow(
    /^What SLUICE_ADMIN_KEY holds is an API key.*sk-admin-\.$/,
  );
});

test('refuses what cannot be sent as a key, without repeating it', () => {
  const keyFile = fileWith('two words of-a-secret');
  expect(() => find({ url: STACK_URL, keyFile })).toThrow(/^What the file \S+ holds is not a key: one line without spaces is expected\.$/);
  expect(() => find({ url: STACK_URL, keyFile: join(folder, 'absent') })).toThrow('cannot be read');
  expect(() => find({ url: STACK_URL, env: { adminKey: ' ' } })).toThrow('What SLUICE_ADMIN_KEY holds is not a key');
});

test.each([
  'sluice.example.com',
  'ftp://sluice.example.com',
  'https://user:password@sluice.example.com',
  'https://sluice.example.com/?a=b',
])('refuses what is no address of a gateway: %s', (url) => {
  expect(() => find({ url, env: { adminKey: 'sk-admin-mine' } })).toThrow('The gateway’s address must be like');
});

function find({ url, keyFile, env = {} }: { url?: string; keyFile?: string; env?: { url?: string; adminKey?: string } }) {
  const config: CliConfig = {
    home: homeAt(folder),
    command: './sluice',
    model: undefined,
    models: undefined,
    databaseUrl: undefined,
    redisUrl: undefined,
    url: env.url,
    adminKey: env.adminKey,
    env: {},
  };
  return findConnection(config, { url, keyFile });
}

function fileWith(text: string): string {
  const path = join(folder, 'key');
  writeFileSync(path, text);
  return path;
}

function writeState(supervisor = identifyProcess(process.pid)): void {
  const info = {
    baseUrl: `${STACK_URL}/v1`,
    metricsUrls: { gateway: 'http://127.0.0.1:1/metrics', runtime: 'http://127.0.0.1:2/metrics' },
    model: 'demo-chat',
    apiKey: 'sk-of-the-stack',
    adminKey: STACK_KEY,
    adminPassword: 'a password of the stack',
    home: folder,
  };
  const state = { supervisor, parts: [], databaseUrl: 'postgresql://nowhere', redisUrl: 'redis://nowhere', info };
  writeFileSync(homeAt(folder).stateFile, JSON.stringify(state));
}
