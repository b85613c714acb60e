import type { Log } from '@sluice/platform/log';
import type { ModelSettings } from './model-settings.ts';
import { isRemote, resolveModel } from './resolve-model.ts';

/** What a model is loaded from. */
export type ModelFiles = {
  readonly path: string;
  /** Of the smaller model that guesses for it; undefined without one. */
  readonly draftPath: string | undefined;
};

export type FindOptions = {
  readonly settings: Pick<ModelSettings, 'source' | 'speculation'>;
  readonly downloadFolder: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** How far the downloads are; not called without any. */
  readonly onDownload?: ((fraction: number) => void) | undefined;
};

/** Whether one of its files has a name rather than a path. */
export function isDownloaded(settings: FindOptions['settings']): boolean {
  return sourcesOf(settings).some(isRemote);
}

/** Finds the files of a model, downloading what is not here. Takes no memory of what models have. Rejects with a Fault. */
export async function findFiles({ settings, downloadFolder: folder, log, signal, onDownload }: FindOptions): Promise<ModelFiles> {
  const sources = sourcesOf(settings);
  const find = (at: number): Promise<string> =>
    resolveModel({
      source: sources[at] ?? settings.source,
      folder,
      log,
      signal,
      onProgress: (fraction) => onDownload?.((at + fraction) / sources.length),
    });
  const path = await find(0);
  return { path, draftPath: sources.length > 1 ? await find(1) : undefined };
}

/** The model's own first, then that of the one which guesses for it. */
function sourcesOf({ source, speculation }: FindOptions['settings']): readonly string[] {
  return speculation?.method === 'draft' ? [source, speculation.source] : [source];
}
