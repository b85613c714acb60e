import { z } from 'zod';
import { urlPath, type AdminApi, type Query } from './admin-api.ts';
import { AdminFailure } from './admin-failure.ts';
import { pageOf } from './list-view.ts';

const ROWS = 100;
/** An installation with more than this names things by id. */
const PAGES_MAX = 50;

const projectName = z.object({ id: z.string(), name: z.string() });
const userName = z.object({ id: z.string(), email: z.string() });

/** The id of a project that is named by its name or its id. Rejects with AdminFailure when nothing has the name. */
export async function findProjectId(api: AdminApi, named: string): Promise<string> {
  if (named.startsWith('proj_')) return named;
  const list = { path: '/v1/organization/projects', item: projectName, query: { include_archived: true } };
  const found = await findInPages(api, list, ({ name }) => name === named);
  if (found) return found.id;
  throw new AdminFailure(`There is no project "${named}". ./sluice admin projects list shows what there is.`);
}

/** The path of a project that is named by its name or its id. */
export async function findProjectPath(api: AdminApi, named: string): Promise<string> {
  return urlPath`/v1/organization/projects/${await findProjectId(api, named)}`;
}

/** The id of a user who is named by email or id, disabled or not. Rejects with AdminFailure when nobody has the email. */
export async function findUserId(api: AdminApi, named: string): Promise<string> {
  if (!named.includes('@')) return named;
  const isMeant = ({ email }: z.infer<typeof userName>): boolean => email === named.toLowerCase();
  const active = await api.get('/v1/organization/users', pageOf(userName), { emails: [named] });
  const found = active.value.data.find(isMeant) ?? (await findInPages(api, { path: '/sluice/v1/users', item: userName }, isMeant));
  if (found) return found.id;
  throw new AdminFailure(`There is no user ${named}. ./sluice admin users list shows who there is.`);
}

type List<Item> = { readonly path: string; readonly item: z.ZodType<Item>; readonly query?: Query };

async function findInPages<Item>(
  api: AdminApi,
  { path, item, query }: List<Item>,
  isMeant: (item: Item) => boolean,
): Promise<Item | undefined> {
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { value } = await api.get(path, pageOf(item), { ...query, limit: ROWS, after });
    const found = value.data.find(isMeant);
    if (found || !value.has_more || !value.last_id) return found;
    after = value.last_id;
  }
  return undefined;
}
