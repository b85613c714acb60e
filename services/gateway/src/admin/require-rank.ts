import { Fault } from '@sluice/platform/fault';
import type { Role } from '@sluice/prisma/generated/enums';
import { isAbove } from './permissions.ts';

/** Nobody touches who stands above them, and nobody makes anybody more than they are themselves. */
export function requireRank(own: Role, { of, to }: { of?: Role | undefined; to?: Role | undefined }): void {
  if (of !== undefined && isAbove(of, own)) throw refuse(`You may not change somebody whose role is ${of}.`);
  if (to !== undefined && isAbove(to, own)) throw refuse(`You may not give anybody the role ${to}.`);
}

function refuse(reason: string): Fault {
  return new Fault('INSUFFICIENT_PERMISSIONS', { message: `You have insufficient permissions for this operation. ${reason}` });
}
