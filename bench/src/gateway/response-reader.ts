type State = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer';

export type ResponseListener = {
  head(status: number): void;
  /** A piece of the body, with the framing taken off. */
  body(bytes: Buffer): void;
  /** `mayReuse` is false when the server said that it closes the connection. */
  end(mayReuse: boolean): void;
};

const CR = 13;
const LF = 10;
const EMPTY = Buffer.alloc(0);

/**
 * Takes the bytes of HTTP/1.1 responses, however cut, one response after the other. Knows Content-Length and chunked
 * bodies, which is all that a server on a kept connection may send. A tenth of the cost of node:http, so that the client
 * takes little from the processes it shares a core with.
 */
export class ResponseReader {
  readonly #listener: ResponseListener;
  #state: State = 'head';
  /** Bytes of a line or of the head whose end has not come yet. */
  #held: Buffer = EMPTY;
  #left = 0;
  #mayReuse = true;

  constructor(listener: ResponseListener) {
    this.#listener = listener;
  }

  /** Throws when the bytes are no response. */
  push(bytes: Buffer): void {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = EMPTY;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        this.#held = rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** Returns how many bytes it has used; 0 when it needs more of them. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'sized':
      case 'chunk':
        return this.#readBody(bytes);
      case 'chunk-size':
        return this.#readLine(bytes, (line) => {
          this.#left = Number.parseInt(line, 16);
          if (Number.isNaN(this.#left)) throw new Error(`not a chunk size: ${line}`);
          this.#state = this.#left === 0 ? 'trailer' : 'chunk';
        });
      case 'chunk-end':
        return this.#readLine(bytes, () => (this.#state = 'chunk-size'));
      case 'trailer':
        return this.#readLine(bytes, (line) => {
          if (line === '') this.#finish();
        });
      default:
        return this.#state satisfies never;
    }
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const head = bytes.toString('latin1', 0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (!(status >= 200)) throw new Error(`not a final HTTP/1.1 response: ${head.slice(0, 60)}`);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    if (length === undefined && !isChunked) throw new Error('a response without a length');
    this.#mayReuse = !/\r\nconnection: *close/i.test(head);
    this.#listener.head(status);
    this.#left = Number(length ?? 0);
    this.#state = isChunked ? 'chunk-size' : 'sized';
    if (!isChunked && this.#left === 0) this.#finish();
    return end + 4;
  }

  #readBody(bytes: Buffer): number {
    const used = Math.min(bytes.length, this.#left);
    this.#left -= used;
    this.#listener.body(bytes.subarray(0, used));
    if (this.#left > 0) return used;
    if (this.#state === 'sized') this.#finish();
    else this.#state = 'chunk-end';
    return used;
  }

  #readLine(bytes: Buffer, take: (line: string) => void): number {
    const end = bytes.indexOf(LF);
    if (end < 0) return 0;
    take(bytes.toString('latin1', 0, bytes[end - 1] === CR ? end - 1 : end));
    return end + 1;
  }

  #finish(): void {
    this.#state = 'head';
    this.#listener.end(this.#mayReuse);
  }
}
