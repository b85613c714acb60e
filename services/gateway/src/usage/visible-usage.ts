/** Whose requests may be told of: one key's, or those of an organization's projects, all or some of them. */
export type VisibleUsage =
  | { readonly kind: 'key'; readonly projectId: string; readonly apiKeyId: string }
  | { readonly kind: 'projects'; readonly organizationId: string; readonly projectIds: readonly string[] | undefined };
