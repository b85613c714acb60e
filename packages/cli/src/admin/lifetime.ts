/** What `--expires` means where the gateway counts from its own now. */
export function toLifetime(expires: number | 'never' | undefined): { expires_in_seconds?: number | null } {
  if (expires === undefined) return {};
  return { expires_in_seconds: expires === 'never' ? null : Math.max(1, expires - nowS()) };
}

/** What `--expires` means where the gateway takes a moment. */
export function toExpiry(expires: number | 'never' | undefined): { expires_at?: number | null } {
  if (expires === undefined) return {};
  return { expires_at: expires === 'never' ? null : expires };
}

/** In seconds since 1970, as the gateway has all times. */
export function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}
