import { z } from 'zod';
import { urlPath } from '../admin-api.ts';
import { expiry, required, text } from '../flag.ts';
import { formatExpiry, formatTime } from '../format.ts';
import { toLifetime } from '../lifetime.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { secretText } from '../secret-text.ts';
import { deletedShape, redactedKeyShape } from '../shapes.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';

const KEYS = '/v1/organization/admin_api_keys';

const keyShape = redactedKeyShape.extend({ owner: z.object({ name: z.string() }) });
type AdminKey = z.infer<typeof keyShape>;

const COLUMNS: readonly Column<AdminKey>[] = [
  { title: 'NAME', cell: ({ name }) => name, isElastic: true },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'KEY', cell: ({ redacted_value: value }) => value, isOptional: true },
  { title: 'ACTS AS', cell: ({ owner }) => owner.name, isElastic: true, isOptional: true },
  { title: 'LAST USED', cell: ({ last_used_at: at }) => formatTime(at), isOptional: true },
  { title: 'EXPIRES', cell: ({ expires_at: at }) => formatExpiry(at), isOptional: true },
];

export const adminKeys: Noun = {
  about: 'keys that administer and call no model',
  verbs: {
    list: verb({
      about: 'list admin keys',
      flags: PAGE,
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get(KEYS, pageOf(keyShape), pageQuery(flags));
        return listView(page, COLUMNS, { width, empty: 'There are no admin keys.' });
      },
    }),
    create: verb({
      about: 'make an admin key; it acts as whoever makes it',
      flags: { name: required(text('NAME', 'what the key is for')), expires: expiry('when it ends (never)') },
      run: async ({ api, flags }) => {
        const { json, value } = await api.post(KEYS, keyShape.extend({ value: z.string() }), {
          name: flags.name,
          ...toLifetime(flags.expires),
        });
        const title = `Made the admin key ${value.name} (${value.id}), which acts as ${value.owner.name}:`;
        return { json, text: secretText(title, { value: value.value, expiresAt: value.expires_at }) };
      },
    }),
    revoke: verb({
      about: 'end an admin key',
      args: { key: 'an admin key’s id' },
      warning: async ({ api, args }) => {
        const { value } = await api.get(urlPath`/v1/organization/admin_api_keys/${args.key}`, keyShape);
        return `Revoke the admin key ${value.name} (${value.redacted_value}, acts as ${value.owner.name})? It stops working at once.`;
      },
      run: async ({ api, args }) => {
        const { json } = await api.delete(urlPath`/v1/organization/admin_api_keys/${args.key}`, deletedShape);
        return { json, text: 'Revoked. It does not work any more.\n' };
      },
    }),
  },
};
