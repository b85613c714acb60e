import { errorText } from '@sluice/platform/error-text';
import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import { resolveModelFile } from 'node-llama-cpp';

export type DownloadOptions = {
  /** `hf:user/repo:Q8_0`, `hf:user/repo/file.gguf`, or a URL. */
  readonly source: string;
  readonly folder: string;
  readonly log: Log;
  /** Ends the download; what there is of the file stays for the next try. */
  readonly signal?: AbortSignal | undefined;
  /** How much of the file is here. Not called for a file that was here before. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** A larger file is refused, and nothing of it stays. */
  readonly bytesMax?: number | undefined;
  /** Nothing more came for so long: it is given up. */
  readonly stallMs?: number;
};

/** A hub may think for a while about a name; bytes that stop coming do not come again. */
const STALL_MS = 60_000;

/** By what is downloaded: models of one file share it, and one who waits for another's download must not count as stalled. */
const running = new Map<string, Promise<unknown>>();

/** The path of a file by its name, downloaded when it is not in the folder yet. Rejects with a Fault, or as the signal says. */
export async function downloadFile(options: DownloadOptions): Promise<string> {
  const key = JSON.stringify([options.folder, options.source]);
  for (let other = running.get(key); other; other = running.get(key))
    await within(
      other.catch(() => {}),
      options.signal,
    );
  const download = fetchFile(options).finally(() => running.delete(key));
  running.set(key, download);
  return download;
}

async function fetchFile({
  source,
  folder,
  log,
  signal,
  onProgress,
  bytesMax = Infinity,
  stallMs = STALL_MS,
}: DownloadOptions): Promise<string> {
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const stall = setTimeout(() => stop.abort(stalled(source, stallMs)), stallMs);
  let bytes = 0;
  try {
    log.info({ source: withoutQueries(source), folder }, 'looking for a file, downloading it when it is not here yet');
    const found = resolveModelFile(source, {
      directory: folder,
      cli: false,
      deleteTempFileOnCancel: bytesMax !== Infinity,
      signal: stopped,
      onProgress: ({ totalSize, downloadedSize }) => {
        if (Math.max(totalSize, downloadedSize) > bytesMax) stop.abort(tooLarge(source, bytesMax));
        if (downloadedSize > bytes) stall.refresh();
        bytes = downloadedSize;
        if (totalSize > 0) onProgress?.(Math.min(1, downloadedSize / totalSize));
      },
    });
    // A download that was stopped ends as if it were whole, and what comes before it cannot be stopped at all.
    const path = await within(found, stopped);
    log.info({ source: withoutQueries(source), path, bytes }, 'the file is here');
    return path;
  } catch (error) {
    stopped.throwIfAborted();
    throw failed(source, error);
  } finally {
    clearTimeout(stall);
  }
}

/** Rejects with the signal's reason as soon as it is aborted. */
async function within<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work;
  work.catch(() => {});
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const value = await Promise.race([work, aborted]);
    signal.throwIfAborted();
    return value;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A URL's query may hold a secret. */
function withoutQueries(text: string): string {
  return text.replaceAll(/\?[^\s,]+/g, '');
}

function stalled(source: string, stallMs: number): Fault {
  const message = `The download of ${withoutQueries(source)} was given up: nothing came for ${Math.round(stallMs / 1_000)} seconds.`;
  return new Fault('UPSTREAM_DISCONNECTED', { message });
}

function tooLarge(source: string, bytesMax: number): Fault {
  return new Fault('REQUEST_TOO_LARGE', {
    message: `The file ${withoutQueries(source)} has more than the ${bytesMax} bytes that it may have.`,
  });
}

function failed(source: string, cause: unknown): Fault {
  const message = `The file ${withoutQueries(source)} could not be downloaded: ${withoutQueries(errorText(cause))}`;
  return new Fault('UPSTREAM_DISCONNECTED', { message, cause });
}
