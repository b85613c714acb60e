import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { CODES } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import { pause } from '../pause.ts';
import { BODY_BYTES_MAX } from './read-json-body.ts';

/** Above the 60 s of common load balancers, so that they close first and never meet a closed connection. */
const KEEP_ALIVE_MS = 75_000;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;
const CONNECTIONS_MAX = 10_000;
const DRAIN_SWEEP_MS = 100;

/** How long a client may take to say what it wants. */
export type HttpTimings = { readonly headersMs: number; readonly requestMs: number; readonly checkMs: number };

const HTTP_TIMINGS: HttpTimings = {
  // A client sends its headers at once; one that takes longer holds a connection for nothing.
  headersMs: 10_000,
  // The largest body over a slow line: 4 MB at 70 kB/s.
  requestMs: 60_000,
  checkMs: 2_000,
};

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

export type HttpServer = {
  readonly port: number;
  /** Stops accepting, then resolves true when every response is complete, or false after `withinMs`. */
  drain(withinMs: number): Promise<boolean>;
  /** Cuts every connection. */
  close(): void;
};

/** Listens with limits on everything a client can make the server hold. Rejects when the port cannot be bound. */
export async function startHttpServer(
  listener: Listener,
  address: { host: string; port: number },
  timings: HttpTimings = HTTP_TIMINGS,
): Promise<HttpServer> {
  const limits = {
    connectionsCheckingInterval: timings.checkMs,
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: timings.headersMs,
    requestTimeout: timings.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const server = createServer(limits, listener);
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    // Whoever asks first whether a body is welcome need not send one that is too large.
    const isWelcome = Number(req.headers['content-length'] ?? 0) <= BODY_BYTES_MAX;
    if (isWelcome) res.writeContinue();
    // A body that was announced and never sent leaves a connection that cannot be used again.
    else res.shouldKeepAlive = false;
    listener(req, res);
  });
  server.on('clientError', answerClientError);
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  let closed: Promise<true> | undefined;
  return {
    port,
    drain: (withinMs) => {
      closed ??= new Promise((resolve) => server.close(() => resolve(true)));
      return drain(server, closed, withinMs);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function drain(server: Server, closed: Promise<true>, withinMs: number): Promise<boolean> {
  // Connections become idle one by one as their responses end; each is closed then.
  const sweep = setInterval(() => server.closeIdleConnections(), DRAIN_SWEEP_MS);
  const deadline = new AbortController();
  try {
    return await Promise.race([closed, pause(withinMs, deadline.signal).then(() => false)]);
  } finally {
    clearInterval(sweep);
    deadline.abort();
  }
}

/** Answers what never became a request: malformed, too long or too slow. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  // A response that has begun cannot be followed by another; `_httpMessage` is how Node's own handler tells.
  const current: unknown = Reflect.get(socket, '_httpMessage');
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegun(current)) {
    socket.destroy(error);
    return;
  }
  const fault = toFault(error.code);
  const { http: status } = CODES[fault.code];
  const body = JSON.stringify(toOpenAiErrorBody(fault));
  const requestId = `req_${crypto.randomUUID().replaceAll('-', '')}`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\n\r\n${body}`,
  );
}

function hasBegun(message: unknown): boolean {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'headersSent') === true;
}

function toFault(code: string | undefined): Fault {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Fault('REQUEST_TOO_LARGE', { message: `The request headers are larger than ${HEADER_BYTES_MAX} bytes.` });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Fault('REQUEST_TIMEOUT', { message: 'The request did not arrive in time.' });
  return new Fault('INVALID_REQUEST', { message: 'The request is not valid HTTP.' });
}
