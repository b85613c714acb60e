import { z } from 'zod';
import { urlPath, type AdminApi } from '../admin-api.ts';
import { choice, limits, required, text, toggle } from '../flag.ts';
import { findUserId } from '../find.ts';
import { formatTime, NOTHING } from '../format.ts';
import { describeLimits } from '../limit-flag.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { readPassword } from '../read-password.ts';
import { userShape, type User } from '../shapes.ts';
import { renderFacts, type Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import type { View } from '../view.ts';
import { requireSome } from '../wanted.ts';
import { ROLES } from './roles.ts';

const ARGS = { user: 'an email or an id' };
const PASSWORD_STDIN = toggle('read the password from stdin instead of asking');

const COLUMNS: readonly Column<User>[] = [
  { title: 'EMAIL', cell: ({ email }) => email, isElastic: true },
  { title: 'NAME', cell: ({ name }) => name, isElastic: true, isOptional: true },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'STATUS', cell: ({ disabled_at: at }) => (at === null ? 'active' : 'disabled') },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'ADDED', cell: ({ created_at: at }) => formatTime(at), isOptional: true },
];

export const users: Noun = {
  about: 'people: they log in, own keys, and administer what their role allows',
  verbs: {
    list: verb({
      about: 'list users, disabled ones too',
      flags: PAGE,
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get('/sluice/v1/users', pageOf(userShape), pageQuery(flags));
        return listView(page, COLUMNS, { width, empty: 'There are no users.' });
      },
    }),
    create: verb({
      about: 'add a user; the password is asked for',
      flags: {
        email: required(text('EMAIL', 'how the user logs in')),
        name: required(text('NAME', 'how people call the user')),
        role: choice(ROLES, 'in the organization (member)'),
        'password-stdin': PASSWORD_STDIN,
        'without-password': toggle('no password: the user logs in elsewhere, or not at all'),
      },
      run: async ({ api, terminal, flags }) => {
        const { email, name, role } = flags;
        const password = flags['without-password'] ? undefined : await readPassword(terminal, flags['password-stdin'] ?? false);
        const created = z.object({ id: z.string(), email: z.string(), role: z.string() });
        const { json, value } = await api.post('/v1/organization/users', created, { email, name, role, password });
        return { json, text: `Added ${value.email} as ${value.role} (${value.id}).\n` };
      },
    }),
    show: verb({
      about: 'show a user, disabled or not',
      args: ARGS,
      run: async ({ api, args }) => {
        const { json, value } = await api.get(await pathOf(api, args.user), userShape);
        return { json, text: describe(value) };
      },
    }),
    update: verb({
      about: 'change a user; what is not named stays as it is',
      args: ARGS,
      flags: { name: text('NAME', 'another name'), limit: limits('a limit on all keys of the user together') },
      run: async ({ api, args, flags }) => {
        requireSome(flags);
        const { json, value } = await api.patch(await pathOf(api, args.user), userShape, { name: flags.name, limits: flags.limit });
        return { json, text: describe(value) };
      },
    }),
    'set-role': verb({
      about: 'give a user another role in the organization',
      args: ARGS,
      flags: { role: required(choice(ROLES, 'in the organization')) },
      run: ({ api, args, flags }) => change(api, args.user, { body: flags, say: ({ email, role }) => `${email} is ${role} now.` }),
    }),
    'set-password': verb({
      about: 'give a user another password; it is asked for, and ends the user’s logins',
      args: ARGS,
      flags: { 'password-stdin': PASSWORD_STDIN },
      run: async ({ api, terminal, args, flags }) => {
        const password = await readPassword(terminal, flags['password-stdin'] ?? false);
        return change(api, args.user, { body: { password }, say: ({ email }) => `${email} has a new password, and must log in again.` });
      },
    }),
    disable: verb({
      about: 'lock a user out: the user’s keys and logins stop working',
      args: ARGS,
      warning: async ({ api, args }) => {
        const { value } = await api.get(await pathOf(api, args.user), userShape);
        return `Disable ${value.email}? The user’s keys and logins stop working at once.`;
      },
      run: ({ api, args }) =>
        change(api, args.user, {
          body: { disabled: true },
          say: ({ email }) => `${email} is disabled. Keys and logins of the user do not work any more.`,
        }),
    }),
    enable: verb({
      about: 'let a disabled user in again',
      args: ARGS,
      run: ({ api, args }) => change(api, args.user, { body: { disabled: false }, say: ({ email }) => `${email} may come in again.` }),
    }),
  },
};

async function pathOf(api: AdminApi, named: string): Promise<string> {
  return urlPath`/sluice/v1/users/${await findUserId(api, named)}`;
}

async function change(api: AdminApi, named: string, { body, say }: { body: object; say: (user: User) => string }): Promise<View> {
  const { json, value } = await api.patch(await pathOf(api, named), userShape, body);
  return { json, text: `${say(value)}\n` };
}

function describe(user: User): string {
  return renderFacts([
    ['name', user.name],
    ['email', user.email],
    ['id', user.id],
    ['role', user.role],
    ['password', user.has_password ? 'set' : 'none'],
    ['limits', describeLimits(user.limits).join(', ') || NOTHING],
    ['added', formatTime(user.created_at)],
    ...(user.disabled_at === null ? [] : [['disabled', formatTime(user.disabled_at)] as const]),
  ]);
}
