import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { fullNameOf, namesOf, type AskedModel } from './asked-model.ts';
import type { KeySnapshot } from './key-snapshot.ts';
import { allowsScope, type Scope } from './scopes.ts';

/** A name that no worker knows is the client's own text. */
const NAME_LENGTH_MAX = 128;

/** Undefined when the key may call the endpoint. */
export function checkScope(key: KeySnapshot, scope: Scope): Fault | undefined {
  if (!key.scopes || allowsScope(key.scopes, scope)) return undefined;
  return new Fault('INSUFFICIENT_PERMISSIONS', {
    message: `You have insufficient permissions for this operation. Missing scopes: ${scope}.`,
  });
}

/** Undefined when the key may use the model. Whoever may use a model may use its adapters. */
export function checkModel(key: KeySnapshot, asked: AskedModel): Fault | undefined {
  if (mayUseModel(key, asked)) return undefined;
  const name = fullNameOf(asked).slice(0, NAME_LENGTH_MAX);
  return new Fault('MODEL_NOT_ALLOWED', { message: `This API key may not use the model \`${name}\`.`, param: 'model' });
}

/** Each list that narrows the key must hold the model, by its own name or, for an adapter, its model's. */
export function mayUseModel({ allowedModels }: KeySnapshot, asked: AskedModel): boolean {
  if (allowedModels.length === 0) return true;
  const names = namesOf(asked);
  return allowedModels.every((models) => names.some((name) => models.has(name)));
}

/** Undefined while the key is neither revoked nor expired. Says nothing that a key which never was would not hear. */
export function checkAlive(key: KeySnapshot, clock: Clock): Fault | undefined {
  const isExpired = key.expiresAt !== undefined && key.expiresAt <= clock.now();
  if (!key.revokedAt && !isExpired) return undefined;
  return deadKey(key.publicId, key.revokedAt ? 'revoked' : 'expired');
}

/** What a key hears that does not work any more. */
export function deadKey(publicId: string, why: string): Fault {
  return new Fault('INVALID_API_KEY', {
    message: `Incorrect API key provided: sk-${publicId}-…. Ask the administrator of this server for a key.`,
    internal: `key refused: ${why}`,
  });
}
