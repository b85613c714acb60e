import { createId } from '@sluice/prisma/ids';

/** From where somebody acts, as the audit log keeps it. */
export type Client = { readonly ip: string | undefined; readonly userAgent: string | undefined; readonly requestId: string | undefined };

/** For whoever acts without a request of their own. */
export const NOWHERE: Client = { ip: undefined, userAgent: undefined, requestId: undefined };

/** Something a user did to their own account or session. The details say what, and never hold a password, a token or a hash. */
export type AuditEvent = {
  readonly type: 'login.succeeded' | 'login.failed' | 'logout.succeeded' | 'session.revoked' | 'user.updated';
  readonly user: { readonly id: string; readonly email: string; readonly organizationId: string };
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly at: Date;
  readonly client: Client;
};

/** The event as a row of the audit log. */
export function toAuditRow({ type, user, details, at, client }: AuditEvent) {
  return {
    id: createId('audit'),
    organizationId: user.organizationId,
    type,
    actorKind: 'user',
    actorId: user.id,
    actorLabel: user.email,
    targetKind: 'user',
    targetId: user.id,
    after: details,
    ipAddress: client.ip ?? null,
    userAgent: client.userAgent ?? null,
    requestId: client.requestId ?? null,
    createdAt: at,
  } as const;
}
