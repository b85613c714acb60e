import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CODES } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import { pause } from '../pause.ts';
import { limitConnections } from './connection-limit.ts';
import { isLongBody } from './long-bodies.ts';
import { BODY_BYTES_MAX } from './read-json-body.ts';

/** Above the 60 s of common load balancers, so that they close first and never meet a closed connection. */
const KEEP_ALIVE_MS = 75_000;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;
const CONNECTIONS_MAX = 10_000;
/** A large pool of a large office behind one address, and a tenth of all there are. */
const CONNECTIONS_PER_ADDRESS_MAX = 1_000;
/** Long enough that nobody notices, short enough that connections find their way to gateways that were added. */
const REQUESTS_PER_CONNECTION_MAX = 10_000;
const DRAIN_SWEEP_MS = 100;

/** How long a client may take to say what it wants, and to take what it gets. */
type HttpTimings = {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly checkMs: number;
  /** For the next bytes of an answer that is complete; a stream that goes on has its own. */
  readonly stallMs: number;
};

const HTTP_TIMINGS: HttpTimings = {
  // A client sends its headers at once; one that takes longer holds a connection for nothing.
  headersMs: 10_000,
  // The largest body over a slow line: 4 MB at 70 kB/s.
  requestMs: 60_000,
  checkMs: 2_000,
  stallMs: 60_000,
};

export type HttpServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly timings?: HttpTimings;
  readonly connectionsPerAddressMax?: number;
  readonly requestsPerConnectionMax?: number;
  readonly isProxy?: (address: string) => boolean;
  /** Told when an address holds too many connections. */
  readonly onRefused?: (address: string) => void;
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
export async function startHttpServer(listener: Listener, options: HttpServerOptions): Promise<HttpServer> {
  const { timings = HTTP_TIMINGS, isProxy = () => false, onRefused = () => {} } = options;
  const limits = {
    connectionsCheckingInterval: timings.checkMs,
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: timings.headersMs,
    requestTimeout: timings.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const server = createServer(limits);
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  const { connectionsPerAddressMax: perAddressMax = CONNECTIONS_PER_ADDRESS_MAX } = options;
  server.on('connection', limitConnections({ perAddressMax, isProxy, onRefused }));
  const countRequest = endConnectionsAfter(options.requestsPerConnectionMax ?? REQUESTS_PER_CONNECTION_MAX);
  const onRequest: Listener = (req, res) => {
    countRequest(req, res);
    endStalledAnswers(res, timings.stallMs);
    listener(req, res);
  };
  server.on('request', onRequest);
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    // Whoever asks first whether a body is welcome need not send one that is too large.
    const isWelcome = Number(req.headers['content-length'] ?? 0) <= BODY_BYTES_MAX;
    if (isWelcome) res.writeContinue();
    // A body that was announced and never sent leaves a connection that cannot be used again.
    else res.shouldKeepAlive = false;
    onRequest(req, res);
  });
  server.on('clientError', answerClientError);
  await listen(server, options);
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

/** Node's own `maxRequestsPerSocket` only asks the client to close. */
function endConnectionsAfter(requestsMax: number): Listener {
  const requests = new WeakMap<Socket, number>();
  return ({ socket }, res) => {
    const count = (requests.get(socket) ?? 0) + 1;
    requests.set(socket, count);
    if (count >= requestsMax) res.shouldKeepAlive = false;
  };
}

/** A client that reads nothing must not hold an answer in memory for ever. As long as some of it is taken, it may take its time. */
function endStalledAnswers(res: ServerResponse, stallMs: number): void {
  res.on('prefinish', () => {
    const { socket } = res;
    socket?.setTimeout(stallMs);
    // Node has set its own for the next request by then, unless that has arrived already.
    res.on('finish', () => {
      if (socket?.timeout === stallMs) socket.setTimeout(0);
    });
  });
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<void> {
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
  if (isLongBody(socket, error)) return;
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
