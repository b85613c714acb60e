import { describe, expect, test } from '@jest/globals';
import { CODES, isFaultCode } from './codes.ts';
import { Fault, toFault } from './fault.ts';
import { toOpenAiErrorBody } from './openai-error.ts';

describe('fault codes', () => {
  test('client mistakes are 4xx and never retried, server trouble is 5xx', () => {
    for (const [name, entry] of Object.entries(CODES)) {
      if (entry.type === 'invalid_request_error')
        expect({ name, is4xx: entry.http >= 400 && entry.http < 500 }).toEqual({ name, is4xx: true });
      if (entry.http >= 500) expect({ name, type: entry.type }).not.toEqual({ name, type: 'invalid_request_error' });
      if (entry.http === 400 || entry.http === 401 || entry.http === 403 || entry.http === 404) expect(entry.retryable).toBe(false);
    }
  });

  test('a code of another table is not one of ours', () => {
    expect(isFaultCode('INVALID_JSON')).toBe(true);
    expect(isFaultCode('toString')).toBe(false);
    expect(isFaultCode('')).toBe(false);
  });

  test('the OpenAI body holds the public text and the field, never the internal one', () => {
    const fault = new Fault('INVALID_TYPE', {
      message: 'public',
      param: 'messages',
      internal: 'password=hunter2',
      cause: new Error('secret'),
    });
    expect(toOpenAiErrorBody(fault)).toEqual({
      error: { message: 'public', type: 'invalid_request_error', param: 'messages', code: 'invalid_type' },
    });
  });

  test('an unknown error becomes INTERNAL and hides its text', () => {
    const fault = toFault(new Error('connect ECONNREFUSED 10.0.0.1'));
    expect(fault.code).toBe('INTERNAL');
    expect(fault.message).not.toContain('ECONNREFUSED');
    expect(fault.internal).toContain('ECONNREFUSED');
    expect(toFault(fault)).toBe(fault);
  });
});
