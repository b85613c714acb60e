/** From the most that one may do to the least. */
export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
