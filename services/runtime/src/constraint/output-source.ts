import type { Json } from './json-schema/json.ts';

/** What a client asks its answer to be. */
export type ConstraintSource =
  | { readonly kind: 'jsonObject' }
  /** As JSON. */
  | { readonly kind: 'jsonSchema'; readonly schema: string }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'choices'; readonly texts: readonly string[] }
  /** GBNF. */
  | { readonly kind: 'grammar'; readonly gbnf: string };

/** Calls of tools as a model writes them: texts, and between them the arguments. */
export type CallsSource = {
  readonly begin: string;
  readonly end: string;
  /** Undefined where there is one call at most. */
  readonly between: string | undefined;
  readonly callsMax: number;
  readonly tools: readonly {
    readonly before: readonly (string | { readonly lettersOrDigits: number })[];
    readonly after: string;
    readonly parameters: Json;
    /** Where its schema stands in the request. */
    readonly param: string;
  }[];
};

/** Thoughts before the answer. `isOpen` where the prompt has begun them. */
export type ThoughtsSource = { readonly begin: string; readonly end: string; readonly isOpen: boolean };

/** All that a whole output may be, as data: equal sources have equal grammars. */
export type OutputSource = {
  readonly thoughts: ThoughtsSource | undefined;
  /** What stands before an answer that calls nothing. */
  readonly contentBegin: string;
  /** With both, the answer is one or the other. */
  readonly constraint: ConstraintSource | undefined;
  readonly calls: CallsSource | undefined;
};

/** Whether white space before the answer may be the answer's own. JSON begins with none. */
export function mayBeginWithSpace(constraint: ConstraintSource | undefined): boolean {
  return constraint?.kind === 'regex' || constraint?.kind === 'choices' || constraint?.kind === 'grammar';
}
