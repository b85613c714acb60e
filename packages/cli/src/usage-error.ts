/** The command line was not understood, or asks for what cannot be now. The message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
