import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { KeySnapshot } from './key-snapshot.ts';
import type { Scope } from './scopes.ts';

/** Undefined when the key may call the endpoint. */
export function checkScope(key: KeySnapshot, scope: Scope): Fault | undefined {
  if (!key.scopes || key.scopes.has(scope)) return undefined;
  return new Fault('INSUFFICIENT_PERMISSIONS', {
    message: `You have insufficient permissions for this operation. Missing scopes: ${scope}.`,
  });
}

/** Undefined when the key may use the model. Whoever may use a model may use its adapters, named `model:adapter`. */
export function checkModel(key: KeySnapshot, model: string): Fault | undefined {
  if (mayUseModel(key, model)) return undefined;
  return new Fault('MODEL_NOT_ALLOWED', { message: `This API key may not use the model \`${model.slice(0, 128)}\`.`, param: 'model' });
}

export function mayUseModel({ allowedModels }: KeySnapshot, model: string): boolean {
  return !allowedModels || includesModel(allowedModels, model);
}

/** Whether a list of models holds this one, by its own name or, for an adapter, its model's. */
export function includesModel(models: ReadonlySet<string>, model: string): boolean {
  return namesOfModel(model).some((name) => models.has(name));
}

/** What a rule may name a model by: its own name and, for an adapter, its model's. */
export function namesOfModel(model: string): readonly string[] {
  const adapterAt = model.indexOf(':');
  return adapterAt > 0 ? [model, model.slice(0, adapterAt)] : [model];
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
