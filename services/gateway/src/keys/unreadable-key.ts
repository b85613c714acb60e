/** What the store has of one key cannot be understood. It says nothing about any other key, nor that the store is away. */
export class UnreadableKey extends Error {
  override readonly name = 'UnreadableKey';
}
