import { connect, type Socket } from 'node:net';
import { EventCounter } from './event-counter.ts';
import { ResponseReader } from './response-reader.ts';

/** One response, in `performance.now()` milliseconds. */
export type Exchange = {
  readonly status: number;
  readonly startedAtMs: number;
  /** When the first text of the answer was here; undefined without any. */
  readonly textAtMs: number | undefined;
  readonly endedAtMs: number;
  readonly events: number;
  readonly bodyBytes: number;
};

type Pending = { resolve(exchange: Exchange): void; reject(error: Error): void };

/** Nothing that is measured here takes longer; a server that does hangs. */
const RESPONSE_DEADLINE_MS = 30_000;

/** One kept connection to a server on the loopback interface, for one request at a time. */
export class HttpConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #pending: Pending | undefined;
  #counter = new EventCounter();
  #status = 0;
  #startedAtMs = 0;
  #arrivedAtMs = 0;
  #textAtMs: number | undefined;
  #bodyBytes = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends the bytes of one request and resolves when its response is complete. Rejects when the connection breaks before that. */
  send(request: string): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#counter = new EventCounter();
      this.#textAtMs = undefined;
      this.#bodyBytes = 0;
      this.#socket ??= this.#open();
      this.#startedAtMs = performance.now();
      this.#socket.write(request, 'latin1');
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    const reader = new ResponseReader({
      head: (status) => (this.#status = status),
      body: (bytes) => this.#takeBody(bytes),
      end: (mayReuse) => this.#finish(mayReuse),
    });
    socket.setTimeout(RESPONSE_DEADLINE_MS, () => this.#break(socket, new Error(`silent for ${RESPONSE_DEADLINE_MS} ms`)));
    socket.on('data', (bytes) => {
      this.#arrivedAtMs = performance.now();
      try {
        reader.push(bytes);
      } catch (error) {
        this.#break(socket, error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => this.#break(socket, error));
    socket.on('close', () => this.#break(socket, new Error('the server closed the connection')));
    return socket;
  }

  #takeBody(bytes: Buffer): void {
    this.#bodyBytes += bytes.length;
    this.#counter.push(bytes);
    if (this.#counter.hasText) this.#textAtMs ??= this.#arrivedAtMs;
  }

  #finish(mayReuse: boolean): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!mayReuse) this.#forget();
    pending?.resolve({
      status: this.#status,
      startedAtMs: this.#startedAtMs,
      textAtMs: this.#textAtMs,
      endedAtMs: this.#arrivedAtMs,
      events: this.#counter.events,
      bodyBytes: this.#bodyBytes,
    });
  }

  #break(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.#forget();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }

  #forget(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
