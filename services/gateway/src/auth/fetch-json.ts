/** An issuer that takes longer is as good as away. */
const DEADLINE_MS = 3_000;
/** Discovery documents and key sets have a few kB. */
const BYTES_MAX = 256 * 1024;

/** The JSON document at the URL. Rejects when it is not there in time, too large, no JSON, or somewhere else: redirects are not followed. */
export async function fetchJson(url: string): Promise<unknown> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`${url} answered with more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
