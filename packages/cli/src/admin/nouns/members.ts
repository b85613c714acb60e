import { z } from 'zod';
import { urlPath, type AdminApi } from '../admin-api.ts';
import { choice, required } from '../flag.ts';
import { findProjectPath, findUserId } from '../find.ts';
import { formatTime } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { deletedShape } from '../shapes.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { PROJECT } from './project-flag.ts';
import { ROLES } from './roles.ts';

const memberShape = z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.string(), added_at: z.number() });
type Member = z.infer<typeof memberShape>;

const ARGS = { user: 'an email or an id' };

const COLUMNS: readonly Column<Member>[] = [
  { title: 'EMAIL', cell: ({ email }) => email, isElastic: true },
  { title: 'NAME', cell: ({ name }) => name, isElastic: true, isOptional: true },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'ADDED', cell: ({ added_at: at }) => formatTime(at), isOptional: true },
];

export const members: Noun = {
  about: 'who belongs to a project, and as what',
  verbs: {
    list: verb({
      about: 'list a project’s members',
      flags: { project: required(PROJECT), ...PAGE },
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get(`${await findProjectPath(api, flags.project)}/users`, pageOf(memberShape), pageQuery(flags));
        return listView(page, COLUMNS, { width, empty: 'The project has no members. Owners and admins of the organization need not be.' });
      },
    }),
    add: verb({
      about: 'add a user to a project',
      args: ARGS,
      flags: { project: required(PROJECT), role: choice(ROLES, 'in the project (member)') },
      run: async ({ api, args, flags }) => {
        const path = `${await findProjectPath(api, flags.project)}/users`;
        const body = { user_id: await findUserId(api, args.user), role: flags.role ?? 'member' };
        const { json, value } = await api.post(path, memberShape, body);
        return { json, text: `Added ${value.email} as ${value.role}.\n` };
      },
    }),
    'set-role': verb({
      about: 'give a member another role in the project',
      args: ARGS,
      flags: { project: required(PROJECT), role: required(choice(ROLES, 'in the project')) },
      run: async ({ api, args, flags }) => {
        const { json, value } = await api.post(await pathOf(api, flags.project, args.user), memberShape, { role: flags.role });
        return { json, text: `${value.email} is ${value.role} of the project now.\n` };
      },
    }),
    remove: verb({
      about: 'take a user out of a project; the user’s keys in it end',
      args: ARGS,
      flags: { project: required(PROJECT) },
      warning: async ({ api, args, flags }) => {
        const { value } = await api.get(await pathOf(api, flags.project, args.user), memberShape);
        return `Remove ${value.email} from the project? Keys that the user has in it stop working at once.`;
      },
      run: async ({ api, args, flags }) => {
        const { json } = await api.delete(await pathOf(api, flags.project, args.user), deletedShape);
        return { json, text: 'Removed. Keys that the user had in the project do not work any more.\n' };
      },
    }),
  },
};

async function pathOf(api: AdminApi, project: string, user: string): Promise<string> {
  return `${await findProjectPath(api, project)}${urlPath`/users/${await findUserId(api, user)}`}`;
}
