/** What was asked for did not happen: the gateway refused, could not be asked, or somebody said no. The message is for the person who typed the command. */
export class AdminFailure extends Error {
  override readonly name = 'AdminFailure';
}
