import type { Policy } from './policy.ts';

/** An API key, and everything that is decided about it, as it stood when it was read. Never changed, and holds no counters, so that a stale copy can do no harm but age. */
export type KeySnapshot = {
  readonly id: string;
  /** The part that may be shown and logged. */
  readonly publicId: string;
  readonly secretHash: string;
  readonly projectId: string;
  readonly organizationId: string;
  /** The user whose key it is; a service account's and a project's own have none. */
  readonly userId: string | undefined;
  /** Endpoint classes; undefined means all. */
  readonly scopes: ReadonlySet<string> | undefined;
  /** One list for each of tier, project and key that narrows the models; a model must be on all of them. */
  readonly allowedModels: readonly ReadonlySet<string>[];
  /** Addresses and CIDR ranges; undefined means from everywhere. */
  readonly allowedIps: readonly string[] | undefined;
  readonly requiresSignature: boolean;
  /** Whether the project keeps prompts and answers. */
  readonly storesContent: boolean;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  readonly policy: Policy;
};
