import type { Prisma } from '@sluice/prisma/generated/client';

/** OpenAI's names where it has one; the others are ours. Stored: add, never rename. */
export type AuditType =
  | 'api_key.created'
  | 'api_key.updated'
  | 'api_key.deleted'
  | 'organization.updated'
  | 'project.created'
  | 'project.updated'
  | 'project.archived'
  | 'rate_limit.updated'
  | 'rate_limit.deleted'
  | 'service_account.created'
  | 'service_account.updated'
  | 'service_account.deleted'
  | 'user.added'
  | 'user.updated'
  | 'user.deleted'
  | 'admin_api_key.created'
  | 'admin_api_key.deleted'
  | 'tier.created'
  | 'tier.updated'
  | 'tier.deleted'
  | 'price.updated'
  | 'price.deleted'
  | 'adapter.uploaded'
  | 'adapter.deleted'
  | 'model.loaded'
  | 'model.unloaded'
  | 'model.pinned'
  | 'model.unpinned'
  | 'request_content.read';

type TargetKind =
  | 'organization'
  | 'project'
  | 'project_user'
  | 'user'
  | 'api_key'
  | 'admin_api_key'
  | 'service_account'
  | 'rate_limit'
  | 'tier'
  | 'price'
  | 'adapter'
  | 'model'
  | 'request';

/** What can be written down of a thing. Whoever makes one leaves out secrets and hashes. */
export type Facts = Readonly<Record<string, Fact>>;
type Fact = string | number | bigint | boolean | Date | null | readonly string[] | { readonly [name: string]: unknown };

/** One change. Null before a creation, and after a deletion; both of a reading. */
export type AuditEntry = {
  readonly type: AuditType;
  readonly target: { readonly kind: TargetKind; readonly id: string };
  readonly projectId?: string;
  readonly before: Facts | null;
  readonly after: Facts | null;
};

type Json = Prisma.InputJsonObject;

/** What differs between before and after, as JSON in the names of the wire; undefined when nothing does. */
export function changesOf({
  before,
  after,
}: Pick<AuditEntry, 'before' | 'after'>): { before: Json | null; after: Json | null } | undefined {
  const [old, fresh] = [before && toJson(before), after && toJson(after)];
  if (!old || !fresh) return { before: old, after: fresh };
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(fresh[name]));
  return changed.length === 0 ? undefined : { before: pick(old, changed), after: pick(fresh, changed) };
}

function pick(json: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, json[name] ?? null]));
}

function toJson(facts: object): Json {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [toSnakeCase(name), toValue(value)]));
}

function toValue(value: unknown): Prisma.InputJsonValue | null {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toValue);
  if (typeof value === 'object' && value !== null) return toJson(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
