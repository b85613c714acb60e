import { expect, test } from '@jest/globals';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { mayUseModel } from './check-key.ts';

const BASE = { model: 'base', adapter: '' };
const LAW = { model: 'base', adapter: 'law' };
/** A model of its own that only looks like an adapter. */
const NAMED_SO = { model: 'base:law', adapter: '' };

test.each([
  ['no list', [], [true, true, true]],
  ['the model, and with it its adapters', [['base']], [true, true, false]],
  ['one adapter', [['base:law']], [false, true, true]],
  ['an adapter of a model that another list allows', [['base'], ['base:law']], [false, true, false]],
  ['a model of which another list allows one adapter', [['base:law'], ['base']], [false, true, false]],
  ['lists that have nothing in common', [['base'], ['other']], [false, false, false]],
])('a key with %s may use what every list allows', (_what, lists, expected) => {
  const key = keySnapshot({ allowedModels: lists.map((list) => new Set(list)) });
  expect([BASE, LAW, NAMED_SO].map((asked) => mayUseModel(key, asked))).toEqual(expected);
});
