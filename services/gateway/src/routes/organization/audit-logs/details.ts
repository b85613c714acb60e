import type { AuditEvent } from '../../../admin/audit-store.ts';

type Facts = Readonly<Record<string, unknown>>;

/** What OpenAI tells of an event under the name of its type: of something new its data, of a change what was asked for, of anything else which. */
export function toDetails({ type, before, after, targetId: id }: Pick<AuditEvent, 'type' | 'before' | 'after' | 'targetId'>): object {
  const facts = after as Facts | null;
  if (facts === null || type === 'project.archived') return { id };
  if (type === 'login.failed') return { error_code: facts['reason'], ...facts };
  const named = Object.fromEntries(Object.entries(facts).map(([name, value]) => [NAMES[type]?.[name] ?? name, value]));
  const withTitle = type.startsWith('project.') && 'name' in named ? { ...named, title: named['name'] } : named;
  if (!type.endsWith('.updated')) return { id, data: withTitle };
  // What was never set is null before and after, and nobody asked for it.
  const requested = Object.entries(withTitle).filter(([, value]) => before !== null || value !== null);
  return { id, changes_requested: Object.fromEntries(requested) };
}

const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'rate_limit.updated': {
    requests_per_minute: 'max_requests_per_1_minute',
    requests_per_day: 'max_requests_per_1_day',
    tokens_per_minute: 'max_tokens_per_1_minute',
  },
};
