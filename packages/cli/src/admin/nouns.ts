import { adapters } from './nouns/adapters.ts';
import { adminKeys } from './nouns/admin-keys.ts';
import { audit } from './nouns/audit.ts';
import { costs } from './nouns/costs.ts';
import { keys } from './nouns/keys.ts';
import { limits } from './nouns/limits.ts';
import { members } from './nouns/members.ts';
import { models } from './nouns/models.ts';
import { organization } from './nouns/organization.ts';
import { prices } from './nouns/prices.ts';
import { projects } from './nouns/projects.ts';
import { requests } from './nouns/requests.ts';
import { serviceAccounts } from './nouns/service-accounts.ts';
import { tiers } from './nouns/tiers.ts';
import { usage } from './nouns/usage.ts';
import { users } from './nouns/users.ts';
import { workers } from './nouns/workers.ts';
import type { Noun } from './verb.ts';

/** Everything that can be administered, in the order of the help. */
export const NOUNS: Readonly<Record<string, Noun>> = {
  projects,
  keys,
  'service-accounts': serviceAccounts,
  users,
  members,
  tiers,
  limits,
  prices,
  models,
  adapters,
  workers,
  organization,
  usage,
  costs,
  requests,
  audit,
  'admin-keys': adminKeys,
};
