import { z } from 'zod';
import type { Permission, Reach } from '../admin/permissions.ts';
import type { Requester } from '../admin/requester.ts';

/** A request that was let in, with everything it says checked. */
type AdminCall<Params extends string = string, Query = unknown, Body = unknown> = {
  readonly by: Requester;
  /** Whether the permission is for everything, or only for what is the requester's own. */
  readonly reach: Reach;
  /** From the path. */
  readonly params: Readonly<Record<Params, string>>;
  readonly query: Query;
  readonly body: Body;
  /** The body as it comes, of a route that takes a file. */
  readonly file: () => AsyncIterable<Uint8Array>;
};

/**
 * A route of administration. Who may is looked up in the table of permissions, before anything else is read; what the
 * schemas do not name is refused. Resolves to the answer's body.
 */
export type AdminRoute = {
  readonly access: 'admin';
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  /** One about projects is asked of the project in the path: `:project_id`, or that of `:api_key_id`. */
  readonly permission: Permission;
  readonly query: z.ZodObject;
  readonly body: z.ZodType;
  /** A file is never held as a whole. */
  readonly takes?: 'json' | 'file' | undefined;
  readonly handle: (call: AdminCall) => Promise<unknown>;
};

type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamsOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type Declaration<Path extends string, Query extends z.ZodObject, Body extends z.ZodType> = {
  readonly method: AdminRoute['method'];
  readonly path: Path;
  readonly permission: Permission;
  readonly query?: Query;
  readonly body?: Body;
  readonly takes?: AdminRoute['takes'];
  readonly handle: (call: AdminCall<ParamsOf<Path>, z.infer<Query>, z.infer<Body>>) => Promise<unknown>;
};

const NOTHING = z.strictObject({});

/** Declares a route whose handler knows the types of its parameters, its query and its body. */
export function adminRoute<const Path extends string, Query extends z.ZodObject = typeof NOTHING, Body extends z.ZodType = typeof NOTHING>(
  declaration: Declaration<Path, Query, Body>,
): AdminRoute {
  const { query = NOTHING, body = NOTHING, handle, ...route } = declaration;
  // The schemas checked what the handler takes, and the path's own names are its parameters.
  return { access: 'admin', ...route, query, body, handle: handle as AdminRoute['handle'] };
}
