import { z } from 'zod';
import { AdminFailure } from './admin-failure.ts';
import type { Connection } from './connection.ts';
import { adviceFor } from './advice.ts';

/** What came, and the same as the schema reads it. */
export type Answer<Value> = { readonly json: unknown; readonly value: Value };
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The gateway's admin API. Every call rejects with AdminFailure: the server's own message, and what to do. */
export type AdminApi = {
  get<Value>(path: string, schema: z.ZodType<Value>, query?: Query): Promise<Answer<Value>>;
  post<Value>(path: string, schema: z.ZodType<Value>, body: unknown): Promise<Answer<Value>>;
  put<Value>(path: string, schema: z.ZodType<Value>, body: unknown): Promise<Answer<Value>>;
  patch<Value>(path: string, schema: z.ZodType<Value>, body: unknown): Promise<Answer<Value>>;
  delete<Value>(path: string, schema: z.ZodType<Value>): Promise<Answer<Value>>;
  /** PUTs a file as it is read, of any size. */
  upload<Value>(path: string, schema: z.ZodType<Value>, data: AsyncIterable<Uint8Array>): Promise<Answer<Value>>;
};

/** Longer than the gateway's own deadlines. */
const DEADLINE_MS = 30_000;
const UPLOAD_DEADLINE_MS = 35 * 60_000;

type Outgoing = { readonly path: string; readonly body?: unknown; readonly data?: AsyncIterable<Uint8Array> };

const errorSchema = z.object({ error: z.object({ message: z.string(), code: z.string().nullish() }) });

export function createAdminApi(connection: Connection): AdminApi {
  const send = async <Value>(method: string, request: Outgoing, schema: z.ZodType<Value>): Promise<Answer<Value>> => {
    const response = await exchange(connection, method, request);
    const json = await readJson(response);
    if (!response.ok) throw refusal(connection, response, json);
    const parsed = schema.safeParse(json);
    if (parsed.success) return { json, value: parsed.data };
    throw new AdminFailure(
      `${method} ${request.path} was answered in a way that this version does not understand: ${z.prettifyError(parsed.error)}`,
    );
  };
  return {
    get: (path, schema, query = {}) => send('GET', { path: `${path}${toSearch(query)}` }, schema),
    post: (path, schema, body) => send('POST', { path, body }, schema),
    put: (path, schema, body) => send('PUT', { path, body }, schema),
    patch: (path, schema, body) => send('PATCH', { path, body }, schema),
    delete: (path, schema) => send('DELETE', { path }, schema),
    upload: (path, schema, data) => send('PUT', { path, data }, schema),
  };
}

/** A path whose inserted parts are escaped: urlPath`/v1/organization/users/${id}`. */
export function urlPath(texts: TemplateStringsArray, ...parts: readonly string[]): string {
  return texts.map((text, at) => `${text}${encodeURIComponent(parts[at] ?? '')}`).join('');
}

async function exchange({ url, key }: Connection, method: string, { path, body, data }: Outgoing): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'user-agent': 'sluice-cli',
        ...(data ? { 'content-type': 'application/octet-stream' } : body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(data ? { body: ReadableStream.from(data), duplex: 'half' } : body === undefined ? {} : { body: JSON.stringify(body) }),
      // A key goes where it was meant to go, and nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(data ? UPLOAD_DEADLINE_MS : DEADLINE_MS),
    });
  } catch (cause) {
    throw new AdminFailure(`There is no answer from ${url}: ${reasonOf(cause)}.\nIs it running, and is that where it listens?`, { cause });
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text());
  } catch {
    return undefined;
  }
}

function refusal(connection: Connection, response: Response, json: unknown): AdminFailure {
  const { status, headers } = response;
  const message = errorSchema.safeParse(json).data?.error.message ?? `${connection.url} answered ${status} ${response.statusText}`.trim();
  const advice = adviceFor({ status, headers, keySource: connection.keySource });
  return new AdminFailure([message, ...advice].join('\n'));
}

const reasonSchema = z.object({ message: z.string(), code: z.string().optional().catch(undefined) });
const causedSchema = z.object({ cause: reasonSchema });

/** Fetch hides why it failed in its cause, which has only a code where several addresses were tried. */
function reasonOf(error: unknown): string {
  const reason = causedSchema.safeParse(error).data?.cause ?? reasonSchema.safeParse(error).data;
  return reason?.message || (reason?.code ?? String(error));
}

function toSearch(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const item of value) search.append(`${name}[]`, String(item));
    else if (value !== undefined) search.append(name, String(value));
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}
