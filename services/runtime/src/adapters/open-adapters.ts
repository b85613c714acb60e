import { isAbsolute } from 'node:path';
import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import type { RuntimeConfig } from '../config.ts';
import type { ModelSettings } from '../models/model-settings.ts';
import { downloadFile } from '../models/download-file.ts';
import { AdapterCatalogue, type AdapterBytes } from './adapter-catalogue.ts';
import { AdapterFolder } from './adapter-folder.ts';

const BYTES_OF_MB = 1024 * 1024;

type Parts = {
  readonly config: Pick<RuntimeConfig, 'ADAPTERS_FOLDER' | 'ADAPTERS_LOADED_MAX' | 'ADAPTER_MB_MAX' | 'MODELS_FOLDER'>;
  /** Rejects with INSUFFICIENT_MEMORY where the model has no room for it. */
  readonly assertRoom?: (model: string, adapter: AdapterBytes) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
};

/** The adapters of each model, by the model's name: those of its file, and those that were uploaded. */
export async function openAdapters(
  models: readonly Pick<ModelSettings, 'name' | 'adapters'>[],
  { config, assertRoom, clock, log }: Parts,
): Promise<ReadonlyMap<string, AdapterCatalogue>> {
  const bytesMax = config.ADAPTER_MB_MAX * BYTES_OF_MB;
  const catalogues = new Map<string, AdapterCatalogue>();
  for (const { name, adapters } of models) {
    const catalogue = await AdapterCatalogue.open({
      model: name,
      configured: adapters,
      folder: new AdapterFolder(config.ADAPTERS_FOLDER, name),
      // Of a path that is not there the catalogue says so better.
      locate: (source) =>
        isAbsolute(source) ? Promise.resolve(source) : downloadFile({ source, folder: config.MODELS_FOLDER, log, bytesMax }),
      ...(assertRoom ? { assertRoom: (adapter: AdapterBytes) => assertRoom(name, adapter) } : {}),
      loadedMax: config.ADAPTERS_LOADED_MAX,
      uploadBytesMax: bytesMax,
      clock,
      log,
    });
    catalogues.set(name, catalogue);
  }
  return catalogues;
}
