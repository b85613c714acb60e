import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { unifyKeyHeaders } from './presented-key.ts';

function unify(headers: Record<string, string>) {
  const req = new IncomingMessage(new Socket());
  Object.assign(req.headers, headers);
  const fault = unifyKeyHeaders(req);
  return fault ? fault.code : req.headers.authorization;
}

describe('a key', () => {
  test.each([
    ['in Authorization', { authorization: 'Bearer sk-1' }, 'Bearer sk-1'],
    ['in x-api-key', { 'x-api-key': 'sk-1' }, 'Bearer sk-1'],
    ['in both, the same', { authorization: 'Bearer sk-1', 'x-api-key': 'sk-1' }, 'Bearer sk-1'],
    ['in both, the same, with a scheme in other letters', { authorization: 'bearer sk-1', 'x-api-key': 'sk-1' }, 'bearer sk-1'],
    ['in Authorization beside an empty x-api-key', { authorization: 'Bearer sk-1', 'x-api-key': '' }, 'Bearer sk-1'],
    ['in neither', {}, undefined],
  ])('%s is read', (_where, headers, expected) => {
    expect(unify(headers)).toBe(expected);
  });

  test.each([{ authorization: 'Bearer sk-2' }, { authorization: 'Basic c2stMQ==' }, { authorization: '' }])(
    'in x-api-key is refused beside another in %j',
    (headers) => {
      expect(unify({ ...headers, 'x-api-key': 'sk-1' })).toBe('INVALID_API_KEY');
    },
  );
});
