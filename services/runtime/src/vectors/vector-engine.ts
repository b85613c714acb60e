/** What embedding and ranking need of a model: an input in, what the model says of it as a whole out. */
export type VectorEngine = {
  /** Requests whose inputs are read in turns; more of them wait. */
  readonly slots: number;
  readonly batchTokens: number;
  /** Of one input at most. */
  readonly contextTokens: number;
  /** Numbers in an answer. */
  readonly dimensions: number;
  /** Reads one input of 1 to `contextTokens` tokens; nothing of it is kept. One after the other: the next may start when this one has resolved. */
  read(tokens: Uint32Array): Promise<Float64Array>;
  close(): Promise<void>;
};
