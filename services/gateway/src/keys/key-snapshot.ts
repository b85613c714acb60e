/** An API key as it stood when it was read. Never changed, and holds no counters, so that a stale copy can do no harm but age. */
export type KeySnapshot = {
  readonly id: string;
  /** The part that may be shown and logged. */
  readonly publicId: string;
  readonly secretHash: string;
  readonly projectId: string;
  /** Undefined means every endpoint but administration. */
  readonly scopes: ReadonlySet<string> | undefined;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
};
