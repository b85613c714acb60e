import type { Role } from '@sluice/prisma/generated/enums';
import type { Principal } from '../auth/principal.ts';

/** How far a permission goes: everything it speaks of, or only what is one's own. */
export type Reach = 'all' | 'own';
type Grants = Readonly<Partial<Record<Role, Reach>>>;
type Grant = {
  /** What it allows, for docs/admin.md. */
  readonly about: string;
  /** By the role in the organization. */
  readonly organization: Grants;
  /** By the role in the project that a request is about. */
  readonly project?: Grants;
};

const EVERYBODY = { owner: 'all', admin: 'all', member: 'all', viewer: 'all' } as const;
const ADMINS = { owner: 'all', admin: 'all' } as const;
/** Everybody, with the projects they may see anyway. */
const BY_PROJECT = { owner: 'all', admin: 'all', member: 'own', viewer: 'own' } as const;

/** Who may do what. A role that is not named may not; docs/admin.md shows the same table, and a test compares them. */
export const PERMISSIONS = {
  'organization.read': { about: 'see the settings of the organization', organization: EVERYBODY },
  'organization.write': { about: 'change its name, time zone, limits and spend limit', organization: ADMINS },
  'users.read': { about: 'see all users', organization: ADMINS },
  'users.write': { about: 'add, change and disable users', organization: ADMINS },
  'admin_keys.read': { about: 'see admin keys', organization: ADMINS },
  'admin_keys.write': { about: 'make and delete admin keys', organization: { owner: 'all', admin: 'own' } },
  'audit_logs.read': { about: 'read the audit log', organization: ADMINS },
  'tiers.read': { about: 'see tiers', organization: EVERYBODY },
  'tiers.write': { about: 'make, change and delete tiers', organization: ADMINS },
  'prices.read': { about: 'see prices', organization: EVERYBODY },
  'prices.write': { about: 'set and delete prices', organization: ADMINS },
  'adapters.read': { about: 'see LoRA adapters, and which workers have them', organization: EVERYBODY },
  'adapters.write': { about: 'upload, replace and delete adapters', organization: ADMINS },
  'models.read': { about: 'see workers, and what the models on them are doing', organization: ADMINS },
  'models.write': { about: 'load, unload and pin models', organization: ADMINS },
  'usage.read': { about: 'read usage and costs; own: those of the projects one belongs to', organization: BY_PROJECT },
  'projects.list': { about: 'list projects; own: those one belongs to', organization: BY_PROJECT },
  'projects.create': { about: 'make projects', organization: ADMINS },
  'project.read': {
    about: 'see a project, its users, keys, service accounts and limits',
    organization: ADMINS,
    project: EVERYBODY,
  },
  'project.write': { about: 'rename it', organization: ADMINS, project: ADMINS },
  'project.archive': { about: 'archive it', organization: ADMINS, project: { owner: 'all' } },
  'project.limits.write': {
    about: 'set its tier, limits, spend limit, models and whether content is kept',
    organization: ADMINS,
    project: {},
  },
  'project.users.write': { about: 'add, change and remove its users', organization: ADMINS, project: ADMINS },
  'project.accounts.write': { about: 'make, change and delete its service accounts and their keys', organization: ADMINS, project: ADMINS },
  'project.keys.write': {
    about: 'make, change, rotate and revoke its API keys; own: those that belong to oneself',
    organization: ADMINS,
    project: { ...ADMINS, member: 'own' },
  },
} as const satisfies Record<string, Grant>;

export type Permission = keyof typeof PERMISSIONS;

/** `missing`: the project must look as if it did not exist. */
export type Verdict = { readonly kind: 'allowed'; readonly reach: Reach } | { readonly kind: 'forbidden' } | { readonly kind: 'missing' };

/** Judges by the table. Without a project only the role in the organization counts; with one, whichever role allows more. */
export function judge(principal: Principal, permission: Permission, projectId?: string): Verdict {
  const { organization, project }: Grant = PERMISSIONS[permission];
  const inProject = projectId === undefined ? undefined : principal.projectRoles.get(projectId);
  const reaches = new Set([organization[principal.role], inProject && project?.[inProject]]);
  if (reaches.has('all')) return { kind: 'allowed', reach: 'all' };
  if (reaches.has('own')) return { kind: 'allowed', reach: 'own' };
  return { kind: projectId === undefined || roleInProject(principal, projectId) ? 'forbidden' : 'missing' };
}

const RANKS: Readonly<Record<Role, number>> = { owner: 3, admin: 2, member: 1, viewer: 0 };

/** Whether one role may do something that the other may not. */
export function isAbove(role: Role, other: Role): boolean {
  return RANKS[role] > RANKS[other];
}

/** The role that somebody has in a project: who may administer all of them is an owner of each. */
export function roleInProject(principal: Principal, projectId: string): Role | undefined {
  return isAbove(principal.role, 'member') ? 'owner' : principal.projectRoles.get(projectId);
}
