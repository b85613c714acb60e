export type RerankHead = {
  readonly id: string;
  /** As the client named it. */
  readonly model: string;
  /** Of Cohere's API. */
  readonly version: '1' | '2';
};

type Ranked = {
  /** In the order of the documents. */
  readonly scores: readonly number[];
  readonly promptTokens: number;
  readonly topN: number | undefined;
  /** Set when they are to stand beside their scores. */
  readonly documents: readonly string[] | undefined;
};

/** The best first. One object for several clients: Jina's and vLLM's read `usage`, Cohere's `meta`; `results` is the same for all. */
export function respond({ id, model, version }: RerankHead, { scores, promptTokens, topN, documents }: Ranked): string {
  const results = scores
    .map((score, index) => ({
      index,
      relevance_score: score,
      ...(documents === undefined ? {} : { document: { text: documents[index] ?? '' } }),
    }))
    // Equal scores stay in the order of the documents.
    .sort((a, b) => b.relevance_score - a.relevance_score)
    .slice(0, topN);
  return JSON.stringify({
    id,
    object: 'list',
    model,
    results,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    meta: {
      api_version: { version },
      billed_units: { input_tokens: promptTokens },
      tokens: { input_tokens: promptTokens, output_tokens: 0 },
    },
  });
}
