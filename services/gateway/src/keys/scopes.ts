/** The endpoint classes a key may be limited to. They are stored on keys and in history: add, never rename. */
export type Scope = 'chat.completions' | 'completions' | 'models' | 'usage';
