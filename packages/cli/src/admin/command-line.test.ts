import { describe, expect, test } from '@jest/globals';
import { readAdminLine } from './command-line.ts';
import { NOUNS } from './nouns.ts';

const read = (line: string) => readAdminLine(line.split(' '), NOUNS);

test('reads the words, the options and what every command takes', () => {
  const line = 'keys update key_1 --limit rpm=10 --limit tpm=2k --models a,b --signed off --expires never --json --url http://sluice:8080';
  expect(read(line)).toMatchObject({
    kind: 'run',
    noun: 'keys',
    verb: 'update',
    args: { key: 'key_1' },
    flags: {
      limit: { requests_per_minute: 10, tokens_per_minute: 2_000 },
      models: ['a', 'b'],
      signed: false,
      expires: 'never',
      name: undefined,
    },
    common: { isJson: true, isSure: false, url: 'http://sluice:8080', keyFile: undefined },
  });
});

test('a list may be repeated, and "any" empties it', () => {
  expect(read('projects update p --models a --models b,a')).toMatchObject({ flags: { models: ['a', 'b'] } });
  expect(read('projects update p --models any')).toMatchObject({ flags: { models: [] } });
});

test('a noun without verbs takes options at once', () => {
  expect(read('usage --by model')).toMatchObject({ kind: 'run', noun: 'usage', verb: '', flags: { by: 'model' } });
});

test('a negative number is written with an equals sign', () => {
  expect(read('tiers set free --priority=-5')).toMatchObject({ flags: { priority: -5 } });
});

describe('help', () => {
  test.each([
    ['', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['keys', { kind: 'help', noun: 'keys' }],
    ['keys --help', { kind: 'help', noun: 'keys' }],
    ['keys create --help', { kind: 'help', noun: 'keys', verb: 'create' }],
    ['keys create --name -h', { kind: 'help', noun: 'keys', verb: 'create' }],
    ['usage --help', { kind: 'help', noun: 'usage', verb: '' }],
  ])('is what "%s" asks for', (line, expected) => {
    expect(readAdminLine(line === '' ? [] : line.split(' '), NOUNS)).toEqual(expected);
  });
});

describe('what is wrong is named', () => {
  test.each([
    ['nonsense', 'There is no "nonsense" to administer.'],
    ['constructor', 'There is no "constructor" to administer.'],
    ['keys explode', 'keys cannot "explode", but list, create,'],
    ['keys toString', 'keys cannot "toString"'],
    ['keys create --project p', '--name is needed'],
    ['keys list', '--project is needed'],
    ['keys list --project p --fast', 'There is no option --fast here.'],
    ['keys list --project p -x', 'There is no option -x here.'],
    ['keys list --project', '--project needs a value'],
    ['keys list --project --json', '--project needs a value'],
    ['keys list --project= --json', '--project takes a text, not "".'],
    ['keys list --project p --json=1', '--json takes no value.'],
    ['keys list --project p --project q', '--project was given 2 times.'],
    ['keys list --project p --rows 0', '--rows takes a whole number from 1 to 100, not "0".'],
    ['keys list --project p --yes', 'There is no option --yes here.'],
    ['keys list extra --project p', '"extra" is one word too many.'],
    ['keys show', 'KEY is missing.'],
    ['keys rotate key_1 --overlap soon', '--overlap takes a time such as 90s, 15m, 24h or 30d, not "soon".'],
    ['keys create --project p --name n --expires 2020-01-01', '--expires takes a time span such as 30d, a day in the future'],
    ['keys create --project p --name n --limit speed=1', '--limit takes NAME=NUMBER'],
    ['projects update p --store-content yes', '--store-content takes on or off, not "yes".'],
    ['projects update p --models a,,b', '--models takes words with commas'],
    ['users set-role u --role king', '--role takes one of owner, admin, member, viewer, not "king".'],
    ['prices set m --input free --output 1', '--input takes US dollars such as 0.15, not "free".'],
    ['costs --bucket 1h', '--bucket takes 1d, not "1h".'],
    ['tiers set t --output-tokens 0', '--output-tokens takes a whole number from 1 to 10000000, or "none", not "0".'],
  ])('%s', (line, message) => {
    expect(() => read(line)).toThrow(message);
  });

  test('with where to read on', () => {
    expect(() => read('keys list')).toThrow('See ./sluice admin keys list --help.');
  });
});

test('a password can be given in no option', () => {
  const names = Object.values(NOUNS).flatMap(({ verbs }) => Object.values(verbs).flatMap(({ flags }) => Object.keys(flags)));
  expect(names).toContain('password-stdin');
  expect(names.filter((name) => /^(password|key-value|secret|token)$/.test(name))).toEqual([]);
});

test('what cannot be undone asks first, and takes --yes', () => {
  const asking = Object.entries(NOUNS).flatMap(([noun, { verbs }]) =>
    Object.entries(verbs).flatMap(([verb, { warning }]) => (warning ? [`${noun} ${verb}`] : [])),
  );
  expect(asking).toEqual([
    'projects archive',
    'keys revoke',
    'service-accounts delete',
    'users disable',
    'members remove',
    'tiers delete',
    'limits delete',
    'prices delete',
    'models unload',
    'adapters remove',
    'admin-keys revoke',
  ]);
  expect(read('keys revoke key_1 --yes')).toMatchObject({ common: { isSure: true } });
});
