import type { Log } from '@sluice/platform/log';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import type { Backend } from '../engine/backend.ts';

export type LibraryOptions = {
  readonly backend: Backend;
  /** `lastBuild` uses the library built on this machine, e.g. with OpenMP. */
  readonly library: 'prebuilt' | 'lastBuild';
  readonly threads: number | undefined;
  readonly log: Log;
};

let opened: Promise<Llama> | undefined;

/**
 * llama.cpp, opened once for all models of the process and never given back: disposing of it is final for the process, and
 * would pull it from under the models that are still loaded. The first caller's options count.
 */
export function openLibrary(options: LibraryOptions): Promise<Llama> {
  opened ??= open(options).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

function open({ backend, library, threads, log }: LibraryOptions): Promise<Llama> {
  const common = {
    logLevel: LlamaLogLevel.warn,
    logger: (level: LlamaLogLevel, message: string) => log.debug({ level, source: 'llama.cpp' }, message.trim()),
    ...(threads === undefined ? {} : { maxThreads: threads }),
  };
  // A local build carries its own options, so what it was built for decides.
  if (library === 'lastBuild') return getLlama('lastBuild', common);
  return getLlama({ ...common, gpu: backend === 'cuda' ? 'cuda' : false, build: 'never', skipDownload: true, progressLogs: false });
}
