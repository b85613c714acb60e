import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Role } from '@sluice/prisma/generated/enums';
import { createAdminRoutes, type AdminRoutesDeps } from '../routes/admin-routes.ts';
import { PERMISSIONS, type Reach } from './permissions.ts';

const PAGE = readFileSync(new URL('../../../../docs/admin.md', import.meta.url), 'utf8');
const ROLES: readonly Role[] = ['owner', 'admin', 'member', 'viewer'];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const cell = (reach: Reach | undefined): string => ({ all: 'yes', own: 'own', none: '–' })[reach ?? 'none'];

test('docs/admin.md shows the table of permissions', () => {
  const rows = Object.entries(PERMISSIONS).map(([name, { about, ...grants }]) => {
    const byRole: Partial<Record<Role, Reach>> = grants.organization;
    const inProject: Partial<Record<Role, Reach>> | undefined = 'project' in grants ? grants.project : undefined;
    const cells = [...ROLES.map((role) => cell(byRole[role])), ...ROLES.map((role) => (inProject ? cell(inProject[role]) : ''))];
    return row([`\`${name}\``, about, ...cells]);
  });
  expect(tableAfter('| permission ')).toEqual(rows);
});

test('docs/admin.md names every route, with its permission', () => {
  const routes = createAdminRoutes({} as AdminRoutesDeps).map(({ method, path, permission }) =>
    row([`\`${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}\``, `\`${permission}\``]),
  );
  expect(tableAfter('| route ')).toEqual(routes);
});

/** The rows of the table with this head. */
function tableAfter(head: string): string[] {
  const lines = PAGE.slice(PAGE.indexOf(`\n${head}`) + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end);
}
