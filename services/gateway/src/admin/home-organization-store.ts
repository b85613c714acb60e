import { Fault } from '@sluice/platform/fault';
import type { Change } from './change-store.ts';

/** Tiers, prices and what workers hold are shared by all organizations of an installation, so only its first one changes them. */
export async function requireHomeOrganization({ tx, organizationId }: Change): Promise<void> {
  const home = await tx.organization.findFirst({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: { id: true } });
  if (home?.id === organizationId) return;
  throw new Fault('INSUFFICIENT_PERMISSIONS', {
    message:
      'You have insufficient permissions for this operation. Tiers, prices, adapters and models are set by the first organization of this server.',
  });
}
