/** Something that no grammar can promise to hold, or that would make one too large. The message is for the client. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}
