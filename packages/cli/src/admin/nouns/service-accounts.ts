import { z } from 'zod';
import { urlPath, type AdminApi } from '../admin-api.ts';
import { expiry, required, text, toggle } from '../flag.ts';
import { findProjectPath } from '../find.ts';
import { formatTime } from '../format.ts';
import { toLifetime } from '../lifetime.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { secretText } from '../secret-text.ts';
import { deletedShape } from '../shapes.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { PROJECT } from './project-flag.ts';

const accountShape = z.object({ id: z.string(), name: z.string(), role: z.string(), created_at: z.number() });
const newAccountShape = accountShape.extend({
  api_key: z.object({ value: z.string(), expires_at: z.number().nullish() }).nullable(),
});
type Account = z.infer<typeof accountShape>;

const COLUMNS: readonly Column<Account>[] = [
  { title: 'NAME', cell: ({ name }) => name, isElastic: true },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'ROLE', cell: ({ role }) => role, isOptional: true },
  { title: 'CREATED', cell: ({ created_at: at }) => formatTime(at), isOptional: true },
];

const ARGS = { account: 'a service account’s id' };

export const serviceAccounts: Noun = {
  about: 'programs that own keys and cannot log in',
  verbs: {
    list: verb({
      about: 'list a project’s service accounts',
      flags: { project: required(PROJECT), ...PAGE },
      run: async ({ api, flags, terminal: { width } }) => {
        const path = `${await findProjectPath(api, flags.project)}/service_accounts`;
        const page = await api.get(path, pageOf(accountShape), pageQuery(flags));
        return listView(page, COLUMNS, { width, empty: 'The project has no service accounts.' });
      },
    }),
    create: verb({
      about: 'make a service account, with a key',
      flags: {
        project: required(PROJECT),
        name: required(text('NAME', 'what the program is called')),
        expires: expiry('when its key ends (never)'),
        'without-key': toggle('make no key'),
      },
      run: async ({ api, flags }) => {
        const path = `${await findProjectPath(api, flags.project)}/service_accounts`;
        const body = {
          name: flags.name,
          ...(flags['without-key'] ? { create_service_account_only: true } : {}),
          ...toLifetime(flags.expires),
        };
        const { json, value } = await api.post(path, newAccountShape, body);
        const title = `Made the service account ${value.name} (${value.id}).`;
        const { api_key: key } = value;
        return { json, text: key ? secretText(`${title} Its key:`, { value: key.value, expiresAt: key.expires_at }) : `${title}\n` };
      },
    }),
    delete: verb({
      about: 'delete a service account; its keys end with it',
      args: ARGS,
      flags: { project: required(PROJECT) },
      warning: async ({ api, args, flags }) => {
        const { value } = await api.get(await pathOf(api, flags.project, args.account), accountShape);
        return `Delete the service account ${value.name}? Its keys stop working at once.`;
      },
      run: async ({ api, args, flags }) => {
        const { json } = await api.delete(await pathOf(api, flags.project, args.account), deletedShape);
        return { json, text: 'Deleted. Its keys do not work any more.\n' };
      },
    }),
  },
};

async function pathOf(api: AdminApi, project: string, account: string): Promise<string> {
  return `${await findProjectPath(api, project)}${urlPath`/service_accounts/${account}`}`;
}
