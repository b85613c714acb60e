/** The endpoint classes a key may be limited to. They are stored on keys and in history: add, never rename. */
export const SCOPES = ['chat.completions', 'completions', 'models', 'usage'] as const;
export type Scope = (typeof SCOPES)[number];
