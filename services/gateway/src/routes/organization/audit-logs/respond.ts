import type { AuditEvent } from '../../../admin/audit-store.ts';
import { toUnixS } from '../../admin-list.ts';
import { toDetails } from './details.ts';

/** OpenAI's audit log object, with what it calls the details of the type; the whole of it stands under our name. */
export function toAuditLogObject(event: AuditEvent) {
  const { id, type, createdAt, projectId, projectName } = event;
  return {
    id,
    object: 'organization.audit_log',
    type,
    effective_at: toUnixS(createdAt),
    actor: toActor(event),
    ...(projectId === null ? {} : { project: { id: projectId, ...(projectName === undefined ? {} : { name: projectName }) } }),
    [type]: toDetails(event),
    sluice: {
      actor: event.actorLabel,
      target: { kind: event.targetKind, id: event.targetId },
      before: event.before,
      after: event.after,
      ip_address: event.ipAddress,
      user_agent: event.userAgent,
      request_id: event.requestId,
    },
  };
}

/** Null for what the server itself did. */
function toActor({ actorKind, actorId, actorLabel, ipAddress, keyOwner }: AuditEvent) {
  if (actorKind === 'system') return null;
  if (actorKind === 'admin_api_key') {
    return { type: 'api_key', api_key: { id: actorId, type: 'user', ...(keyOwner ? { user: keyOwner } : {}) } };
  }
  const address = ipAddress === null ? {} : { ip_address: ipAddress };
  return { type: 'session', session: { ...address, user: { id: actorId, email: actorLabel } } };
}
