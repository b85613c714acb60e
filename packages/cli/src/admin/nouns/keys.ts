import { urlPath } from '../admin-api.ts';
import { duration, expiry, limits, list, onOff, required, text, toggle, type Flags, type FlagValues } from '../flag.ts';
import { findProjectPath, findUserId } from '../find.ts';
import { formatExpiry, formatList, formatTime, NOTHING } from '../format.ts';
import { nowS, toExpiry, toLifetime } from '../lifetime.ts';
import { describeLimits } from '../limit-flag.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { secretText } from '../secret-text.ts';
import { keyShape, listedKeyShape, secretShape, type Key, type ListedKey } from '../shapes.ts';
import { renderFacts, type Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { requireSome } from '../wanted.ts';
import { PROJECT } from './project-flag.ts';

const ARGS = { key: 'a key’s id' };
/** Whose a key may be besides a user's. */
const OF_PROJECT = 'project';

const SETTINGS = {
  scopes: list('SCOPES', 'the only endpoints it may call, such as chat.completions, or "any"'),
  models: list('MODELS', 'the only models it may call, or "any"'),
  ips: list('IPS', 'the only addresses or CIDR ranges it works from, or "any"'),
  expires: expiry('when it ends, or "never"'),
  limit: limits('a limit, stricter than its project’s'),
} satisfies Flags;

const COLUMNS: readonly Column<ListedKey>[] = [
  { title: 'NAME', cell: ({ name }) => name, isElastic: true },
  { title: 'ID', cell: ({ id }) => id },
  { title: 'KEY', cell: ({ redacted_value: value }) => value, isOptional: true },
  { title: 'OWNER', cell: ownerOf, isElastic: true, isOptional: true },
  { title: 'LAST USED', cell: ({ last_used_at: at }) => formatTime(at), isOptional: true },
  { title: 'EXPIRES', cell: ({ expires_at: at }) => formatExpiry(at), isOptional: true },
];

export const keys: Noun = {
  about: 'what programs call models with',
  verbs: {
    list: verb({
      about: 'list a project’s keys, without revoked ones',
      flags: { project: required(PROJECT), ...PAGE },
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get(`${await findProjectPath(api, flags.project)}/api_keys`, pageOf(listedKeyShape), pageQuery(flags));
        return listView(page, COLUMNS, { width, empty: 'The project has no keys.' });
      },
    }),
    create: verb({
      about: 'make a key; it is shown once',
      flags: {
        project: required(PROJECT),
        name: required(text('NAME', 'what the key is for')),
        owner: text('USER', `an email or id, or "${OF_PROJECT}" for nobody (whoever makes it)`),
        ...SETTINGS,
        signed: toggle('every request must be signed'),
      },
      run: async ({ api, flags }) => {
        const path = `${await findProjectPath(api, flags.project)}/api_keys`;
        const body = {
          name: flags.name,
          ...toBody(flags),
          ...toLifetime(flags.expires),
          ...(flags.owner === undefined ? {} : { user_id: flags.owner === OF_PROJECT ? null : await findUserId(api, flags.owner) }),
          requires_signature: flags.signed,
        };
        const { json, value } = await api.post(path, listedKeyShape.extend(secretShape.shape), body);
        return { json, text: textOfNew(`Made the key ${value.name} (${value.id}):`, value) };
      },
    }),
    show: verb({
      about: 'show a key, revoked or not',
      args: ARGS,
      run: async ({ api, args }) => {
        const { json, value } = await api.get(pathOf(args.key), keyShape);
        return { json, text: describe(value) };
      },
    }),
    update: verb({
      about: 'change a key; what is not named stays as it is',
      args: ARGS,
      flags: { name: text('NAME', 'another name'), ...SETTINGS, signed: onOff('whether every request must be signed') },
      run: async ({ api, args, flags }) => {
        requireSome(flags);
        const body = { name: flags.name, ...toBody(flags), ...toExpiry(flags.expires), requires_signature: flags.signed };
        const { json, value } = await api.patch(pathOf(args.key), keyShape.extend(secretShape.partial().shape), body);
        return { json, text: `${describe(value)}${signingText(value.signing_secret)}` };
      },
    }),
    rotate: verb({
      about: 'make a new key that takes over from this one',
      args: ARGS,
      flags: { overlap: duration('24h', 'how long the old key still works, at most 30d (it ends at once)') },
      run: async ({ api, args, flags }) => {
        const { json, value } = await api.post(`${pathOf(args.key)}/rotate`, keyShape.extend(secretShape.shape), {
          overlap_seconds: flags.overlap,
        });
        const old = flags.overlap
          ? `The old key works until ${formatTime(nowS() + flags.overlap)}.`
          : 'The old key does not work any more.';
        return { json, text: textOfNew(`Made ${value.id}, which takes over from ${args.key}:`, value, [old]) };
      },
    }),
    revoke: verb({
      about: 'end a key',
      args: ARGS,
      warning: async ({ api, args }) => {
        const { value } = await api.get(pathOf(args.key), keyShape);
        return `Revoke the key ${value.name} (${value.redacted_value}, ${ownerOf(value)})? It stops working at once.`;
      },
      run: async ({ api, args }) => {
        const { json, value } = await api.delete(pathOf(args.key), keyShape);
        return { json, text: `Revoked ${value.name}. It does not work any more.\n` };
      },
    }),
  },
};

function pathOf(key: string): string {
  return urlPath`/sluice/v1/api_keys/${key}`;
}

function toBody({ scopes, models, ips, limit }: Omit<FlagValues<typeof SETTINGS>, 'expires'>) {
  return { scopes, allowed_models: models, allowed_ips: ips, limits: limit };
}

type NewKey = { readonly value: string; readonly signing_secret?: string | undefined; readonly expires_at: number | null };

function textOfNew(title: string, { value, signing_secret: secret, expires_at: expiresAt }: NewKey, more: readonly string[] = []): string {
  return `${secretText(title, { value, expiresAt }, more)}${signingText(secret)}`;
}

function signingText(secret: string | undefined): string {
  return secret === undefined ? '' : `\nRequests must be signed with this secret, which is not shown again either:\n\n  ${secret}\n`;
}

function ownerOf({ owner }: ListedKey): string {
  return owner.user?.email ?? owner.service_account?.name ?? 'the project';
}

function describe(key: Key): string {
  return renderFacts([
    ['name', key.name],
    ['id', key.id],
    ['key', key.redacted_value],
    ['project', key.project_id],
    ['owner', ownerOf(key)],
    ['scopes', formatList(key.scopes)],
    ['models', formatList(key.allowed_models, 'any that its project may call')],
    ['addresses', formatList(key.allowed_ips)],
    ['limits', describeLimits(key.limits).join(', ') || `${NOTHING} (those of its project)`],
    ['signatures', key.requires_signature ? 'required' : 'not required'],
    ['created', formatTime(key.created_at)],
    ['last used', formatTime(key.last_used_at)],
    ['expires', formatExpiry(key.expires_at)],
    ...(key.revoked_at === null ? [] : [['revoked', formatTime(key.revoked_at)] as const]),
    ...(key.rotated_from === null ? [] : [['takes over from', key.rotated_from] as const]),
    ...(key.rotated_to === null ? [] : [['replaced by', key.rotated_to] as const]),
  ]);
}
