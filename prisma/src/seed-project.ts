import { createId } from './ids.ts';
import { findSeededProject, type Seeding } from './seed-audit.ts';

type Wanted = { readonly organizationId: string; readonly tierId: string; readonly name: string };

/** Makes a project where there is none of its name and none that a seed made under it. */
export async function seedProject(
  { tx, record }: Seeding,
  { organizationId, tierId, name }: Wanted,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const named = await tx.project.findUnique({ where: { organizationId_name: { organizationId, name } }, select: { id: true } });
  const known = named?.id ?? (await findSeededProject(tx, organizationId, name));
  if (known !== undefined) return { id: known, isNew: false };
  const { id } = await tx.project.create({ data: { id: createId('proj'), organizationId, tierId, name } });
  record({ type: 'project.created', target: { kind: 'project', id }, projectId: id, after: { name, tier_id: tierId } });
  return { id, isNew: true };
}
