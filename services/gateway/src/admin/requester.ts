import type { Principal } from '../auth/principal.ts';

/** Who asks for something, and from where: what the audit log will say of it. */
export type Requester = {
  readonly principal: Principal;
  readonly ipAddress: string;
  readonly userAgent: string | undefined;
  readonly requestId: string;
};
