import type { IncomingMessage } from 'node:http';

const allowed = new WeakSet<object>();

/** Takes a request's body out of the time that a whole request may take, until the returned function is called: whoever reads it sees to it that it moves. */
export function allowLongBody({ socket }: IncomingMessage): () => void {
  allowed.add(socket);
  return () => allowed.delete(socket);
}

/** Whether Node's refusal of a request that takes too long is to be passed over. */
export function isLongBody(socket: object, error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && allowed.has(socket);
}
