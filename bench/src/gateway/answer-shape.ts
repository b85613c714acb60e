/** How an upstream answers from now on. */
export type AnswerShape = {
  /** Pieces of an answer's text. */
  readonly chunks: number;
  /** Between one piece and the next, of all running answers together, as a runtime's steps are. The first comes at once. */
  readonly stepMs: number;
};

/** The whole answer in one piece. */
export const WHOLE: AnswerShape = { chunks: 1, stepMs: 0 };

/** The text of one piece: a word, or for a whole answer a few sentences. */
export function pieceOf({ chunks }: AnswerShape): { readonly text: string; readonly tokens: number } {
  return chunks === 1
    ? { text: 'The fox went over the river and found a warm house. '.repeat(2), tokens: 24 }
    : { text: ' word', tokens: 1 };
}
