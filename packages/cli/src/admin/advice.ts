type Refusal = { readonly status: number; readonly headers: Headers; readonly keySource: string };

/** What to do about a refusal, as lines for a person. */
export function adviceFor({ status, headers, keySource }: Refusal): readonly string[] {
  const requestId = headers.get('x-request-id');
  const retryAfter = headers.get('retry-after');
  if (status === 401) return [`The admin key came from ${keySource}.`];
  if (status === 403)
    return ['An owner or admin of the organization can do it, or give your user another role: ./sluice admin users set-role.'];
  if (status === 404) return ['The list command of the same name shows what there is.'];
  if (status === 429 || status === 503) return [`Try again ${retryAfter === null ? 'in a moment' : `in ${retryAfter} s`}.`];
  if (status >= 500 && requestId !== null) return [`The gateway’s log has more under ${requestId}: ./sluice logs gateway`];
  return [];
}
