import type { ServerResponse } from 'node:http';

/** A controller that aborts, without a reason, when the client leaves before its response has been ended. */
export function abortOnDisconnect(res: ServerResponse): AbortController {
  const controller = new AbortController();
  res.on('close', () => {
    if (!res.writableEnded) controller.abort();
  });
  if (res.closed) controller.abort();
  return controller;
}
