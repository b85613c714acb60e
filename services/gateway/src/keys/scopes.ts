/** The endpoint classes a key may be limited to. They are stored on keys and in history: add, never rename. */
export const SCOPES = ['chat.completions', 'completions', 'embeddings', 'rerank', 'tokenize', 'models', 'usage'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whoever may have a model read a text may count its tokens. */
const IMPLY: Partial<Record<Scope, readonly Scope[]>> = { tokenize: ['chat.completions', 'completions', 'embeddings', 'rerank'] };

/** Whether scopes allow an endpoint class, by its own name or by one that implies it. */
export function allowsScope(scopes: ReadonlySet<string>, scope: Scope): boolean {
  return scopes.has(scope) || (IMPLY[scope]?.some((other) => scopes.has(other)) ?? false);
}
