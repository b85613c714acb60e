import { describe, expect, test } from '@jest/globals';
import { NO_USAGE } from '../inference/token-usage.ts';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { createAdmission, type AdmissionRequest } from './admission.ts';

const KEY = keySnapshot();

function ask(change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return { requestId: 'req_1', key: KEY, endpoint: 'chat.completions', model: 'm', maxTokens: undefined, ...change };
}

describe('admission', () => {
  test('lets in no more than may be in flight, and as many again once they are settled', async () => {
    const admit = createAdmission(2);
    const [first, second, third] = [await admit(ask()), await admit(ask()), await admit(ask())];
    expect([first.ok, second.ok, third.ok]).toEqual([true, true, false]);
    if (first.ok) await first.permit.settle(NO_USAGE);
    expect((await admit(ask())).ok).toBe(true);
    expect((await admit(ask())).ok).toBe(false);
  });

  test('gives a place back once, however often a permit is settled', async () => {
    const admit = createAdmission(1);
    const admission = await admit(ask());
    if (admission.ok) {
      await admission.permit.settle(NO_USAGE);
      await admission.permit.settle(NO_USAGE);
    }
    expect((await admit(ask())).ok).toBe(true);
    expect((await admit(ask())).ok).toBe(false);
  });

  test('refuses a key without the scope, and takes no place for it', async () => {
    const admit = createAdmission(1);
    const key = { ...KEY, scopes: new Set(['models']) };
    expect(await admit(ask({ key }))).toMatchObject({ ok: false, fault: { code: 'INSUFFICIENT_PERMISSIONS' } });
    expect((await admit(ask())).ok).toBe(true);
  });
});
