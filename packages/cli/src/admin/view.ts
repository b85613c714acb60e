/** What a command has to say: to people and to programs. */
export type View = {
  readonly text: string;
  /** As the gateway sent it. */
  readonly json: unknown;
  /** Where a list goes on, as the options that show the next part. */
  readonly next?: readonly string[] | undefined;
};
