import type { KeySnapshot } from '../keys/key-snapshot.ts';
import { UNLIMITED } from '../keys/policy.ts';

/** A key that may do everything, without a limit. */
export function keySnapshot(change: Partial<KeySnapshot> = {}): KeySnapshot {
  return {
    id: 'key_1',
    publicId: '000000000001',
    secretHash: '',
    projectId: 'proj_test',
    organizationId: 'org_test',
    userId: undefined,
    scopes: undefined,
    allowedModels: [],
    allowedIps: undefined,
    requiresSignature: false,
    storesContent: false,
    expiresAt: undefined,
    revokedAt: undefined,
    policy: UNLIMITED,
    ...change,
  };
}
