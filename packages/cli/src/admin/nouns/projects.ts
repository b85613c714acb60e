import { urlPath, type AdminApi } from '../admin-api.ts';
import { AdminFailure } from '../admin-failure.ts';
import { limits, list, onOff, required, text, toggle, type Flags, type FlagValues } from '../flag.ts';
import { findProjectId, findProjectPath } from '../find.ts';
import { formatList, formatTime, NOTHING } from '../format.ts';
import { describeLimits } from '../limit-flag.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { projectShape, type Project } from '../shapes.ts';
import { renderFacts, type Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { requireSome } from '../wanted.ts';
import { z } from 'zod';

const PROJECTS = '/v1/organization/projects';
const ARGS = { project: 'a project’s name or id' };

const SETTINGS = {
  tier: text('TIER', 'a tier’s id, such as free or pro'),
  models: list('MODELS', 'the only models it may call, or "any"'),
  'store-content': onOff('whether prompts and answers are kept'),
  limit: limits('a limit, stricter than its tier’s'),
} satisfies Flags;

const COLUMNS: readonly Column<Project>[] = [
  { title: 'NAME', cell: ({ name }) => name, isElastic: true },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'TIER', cell: ({ sluice }) => sluice.tier },
  { title: 'STATUS', cell: ({ status }) => status, isOptional: true },
  { title: 'CREATED', cell: ({ created_at: at }) => formatTime(at), isOptional: true },
  { title: 'MODELS', cell: ({ sluice }) => formatList(sluice.allowed_models), isElastic: true, isOptional: true },
];

export const projects: Noun = {
  about: 'what keys and limits belong to',
  verbs: {
    list: verb({
      about: 'list projects',
      flags: { archived: toggle('archived ones, too'), ...PAGE },
      run: async ({ api, flags, terminal: { width } }) => {
        const query = { include_archived: flags.archived, ...pageQuery(flags) };
        return listView(await api.get(PROJECTS, pageOf(projectShape), query), COLUMNS, { width, empty: 'There are no projects.' });
      },
    }),
    create: verb({
      about: 'make a project',
      flags: { name: required(text('NAME', 'what people call it')), ...SETTINGS },
      run: async ({ api, flags: { name, tier, ...settings } }) => {
        const { value } = await api.post(PROJECTS, projectShape, { name, tier });
        await change(api, value.id, settings).catch((error: unknown) => {
          throw halfDone(value, error);
        });
        return show(api, value.id, `Made the project ${value.name} (${value.id}).\n\n`);
      },
    }),
    show: verb({
      about: 'show a project',
      args: ARGS,
      run: async ({ api, args }) => show(api, await findProjectId(api, args.project)),
    }),
    update: verb({
      about: 'change a project; what is not named stays as it is',
      args: ARGS,
      flags: { name: text('NAME', 'another name'), ...SETTINGS },
      run: async ({ api, args, flags: { name, ...settings } }) => {
        requireSome({ name, ...settings });
        const id = await findProjectId(api, args.project);
        await change(api, id, settings);
        if (name !== undefined) await api.post(urlPath`/v1/organization/projects/${id}`, projectShape, { name });
        return show(api, id);
      },
    }),
    archive: verb({
      about: 'archive a project for good: its keys end, its history stays',
      args: ARGS,
      warning: async ({ api, args }) => {
        const { value } = await api.get(await findProjectPath(api, args.project), projectShape);
        return `Archive the project ${value.name} (${value.id})? Its keys stop working at once, and it cannot be brought back.`;
      },
      run: async ({ api, args }) => {
        const { json, value } = await api.post(`${await findProjectPath(api, args.project)}/archive`, projectShape, {});
        return { json, text: `Archived ${value.name}. Its keys do not work any more.\n` };
      },
    }),
  },
};

/** What OpenAI's projects have no words for. */
async function change(api: AdminApi, id: string, flags: Partial<FlagValues<typeof SETTINGS>>): Promise<void> {
  const settings = {
    tier: flags.tier,
    allowed_models: flags.models,
    stores_content: flags['store-content'],
    limits: flags.limit,
  };
  if (Object.values(settings).every((value) => value === undefined)) return;
  await api.patch(urlPath`/sluice/v1/projects/${id}`, z.object({ id: z.string() }), settings);
}

async function show(api: AdminApi, id: string, title = '') {
  const { json, value } = await api.get(urlPath`/v1/organization/projects/${id}`, projectShape);
  return { json, text: `${title}${describe(value)}` };
}

function halfDone({ name, id }: Project, error: unknown): unknown {
  if (!(error instanceof AdminFailure)) return error;
  const message = `The project ${name} (${id}) was made, but its settings were refused: ${error.message}\nSet others with ./sluice admin projects update.`;
  return new AdminFailure(message, { cause: error });
}

function describe({ id, name, status, created_at: createdAt, archived_at: archivedAt, sluice }: Project): string {
  return renderFacts([
    ['name', name],
    ['id', id],
    ['status', status],
    ['tier', sluice.tier],
    ['models', formatList(sluice.allowed_models, 'any that its tier allows')],
    ['limits', describeLimits(sluice.limits).join(', ') || `${NOTHING} (those of its tier)`],
    ['content', sluice.stores_content ? 'prompts and answers are kept' : 'not kept'],
    ['created', formatTime(createdAt)],
    ...(archivedAt ? [['archived', formatTime(archivedAt)] as const] : []),
  ]);
}
