import { z } from 'zod';
import { urlPath, type AdminApi } from './admin-api.ts';
import { AdminFailure } from './admin-failure.ts';

/** What people call the things that usage is grouped by. */
export type NamedKind = 'project' | 'key' | 'user';

const named = z.object({ name: z.string(), email: z.string().optional() });
/** Further rows of a table show the id. */
const LOOKED_UP_MAX = 100;
const AT_ONCE = 8;

/** The names of ids; those that cannot be looked up keep their id. */
export async function namesOf(api: AdminApi, kind: NamedKind, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const waiting = [...new Set(ids)].slice(0, LOOKED_UP_MAX);
  const lookUp = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const name = await nameOf(api, pathOf(kind, id));
      if (name !== undefined) names.set(id, name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lookUp));
  return names;
}

async function nameOf(api: AdminApi, path: string): Promise<string | undefined> {
  try {
    const { value } = await api.get(path, named);
    return value.email ?? value.name;
  } catch (error) {
    // Whoever may see usage may not see everything that used it.
    if (error instanceof AdminFailure) return undefined;
    throw error;
  }
}

function pathOf(kind: NamedKind, id: string): string {
  if (kind === 'project') return urlPath`/v1/organization/projects/${id}`;
  return kind === 'key' ? urlPath`/sluice/v1/api_keys/${id}` : urlPath`/sluice/v1/users/${id}`;
}
