import { z } from 'zod';
import { UsageError } from '../../usage-error.ts';
import { list, moment, text } from '../flag.ts';
import { findProjectId } from '../find.ts';
import { formatTime } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { PROJECT } from './project-flag.ts';

const facts = z.record(z.string(), z.unknown()).nullable();
const eventShape = z.object({
  type: z.string(),
  effective_at: z.number(),
  actor: z.object({ api_key: z.object({ user: z.object({ email: z.string() }).optional() }).optional() }).nullish(),
  project: z.object({ id: z.string(), name: z.string().optional() }).optional(),
  sluice: z.object({ actor: z.string(), target: z.object({ kind: z.string(), id: z.string() }), before: facts, after: facts }),
});
type Event = z.infer<typeof eventShape>;

const COLUMNS: readonly Column<Event>[] = [
  { title: 'WHEN', cell: ({ effective_at: at }) => formatTime(at) },
  { title: 'WHO', cell: ({ actor, sluice }) => actor?.api_key?.user?.email ?? sluice.actor, isElastic: true },
  { title: 'WHAT', cell: ({ type }) => type },
  { title: 'PROJECT', cell: ({ project }) => project?.name ?? project?.id ?? '', isElastic: true, isOptional: true },
  { title: 'TARGET', cell: ({ sluice }) => sluice.target.id, isElastic: true, isOptional: true },
  { title: 'CHANGE', cell: ({ sluice }) => describeChange(sluice.before, sluice.after), isElastic: true },
];

export const audit: Noun = {
  about: 'who changed what, the newest first',
  verbs: {
    '': verb({
      about: 'show who changed what, the newest first',
      flags: {
        project: PROJECT,
        actor: text('USER', 'who did it: an email, or the id of a user or an admin key'),
        type: list('TYPES', 'what happened, such as api_key.created'),
        target: text('ID', 'what it was done to'),
        since: moment('from when on'),
        until: moment('up to when'),
        ...PAGE,
      },
      notes: ['With --json every event has all of its before and after, and where it came from.'],
      run: async ({ api, flags, terminal: { width } }) => {
        const { since, until, actor, type, target, project } = flags;
        if (since !== undefined && until !== undefined && since >= until) throw new UsageError('--since must be before --until.');
        const query = {
          'effective_at[gte]': since,
          'effective_at[lt]': until,
          project_ids: project === undefined ? undefined : [await findProjectId(api, project)],
          event_types: type,
          resource_ids: target === undefined ? undefined : [target],
          ...(actor === undefined ? {} : { [actor.includes('@') ? 'actor_emails' : 'actor_ids']: [actor] }),
          ...pageQuery(flags),
        };
        const page = await api.get('/v1/organization/audit_logs', pageOf(eventShape), query);
        return listView(page, COLUMNS, { width, empty: 'Nothing of the kind has happened.' });
      },
    }),
  },
};

/** "limits: {…} → {…}" of what differs; of what was made or deleted, its name or all there is. */
function describeChange(before: Event['sluice']['before'], after: Event['sluice']['after']): string {
  if (!before || !after) return describeFacts(after ?? before ?? {});
  return Object.keys(after)
    .map((name) => `${name}: ${textOf(before[name])} → ${textOf(after[name])}`)
    .join(', ');
}

function describeFacts({ name, ...facts }: Readonly<Record<string, unknown>>): string {
  if (typeof name === 'string') return name;
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  return known.map(([fact, value]) => `${fact}: ${textOf(value)}`).join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
