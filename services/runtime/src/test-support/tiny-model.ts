import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { createTinyEncoder, writeTinyEncoder, type TinyEncoder, type TinyEncoderOptions } from '@sluice/testing/tiny-encoder/tiny-encoder';
import { loadAnyModel, type LoadedVectorModel } from '../models/load-model.ts';
import { readModelSettings, type ModelSettings } from '../models/model-settings.ts';
import { VectorQueue } from '../vectors/vector-queue.ts';

export type TinyModel = {
  readonly encoder: TinyEncoder;
  readonly model: LoadedVectorModel;
  readonly queue: VectorQueue;
  close(): Promise<void>;
};

/** A tiny random BERT, written to a file and loaded as any model is. */
export async function loadTinyModel(options: TinyEncoderOptions, settings: Partial<ModelSettings> = {}): Promise<TinyModel> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tiny-'));
  const path = join(folder, `tiny-${options.task}.gguf`);
  const encoder = createTinyEncoder(options);
  writeTinyEncoder(path, encoder);
  const loaded = await loadVectors(path, settings);
  return {
    ...loaded,
    encoder,
    close: async () => {
      await loaded.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Any model file that embeds or ranks, or is told to. */
export async function loadVectors(path: string, settings: Partial<ModelSettings> = {}): Promise<Omit<TinyModel, 'encoder'>> {
  const model = await loadAnyModel({
    settings: { ...(await readModelSettings(path)), ...settings },
    backend: 'cpu',
    library: 'prebuilt',
    threads: 1,
    downloadFolder: '',
    prefixFolder: tmpdir(),
    log: createLog({ service: 'test', level: 'silent' }),
    onProgress() {},
  });
  if (model.task === 'generate') throw new Error('a model that generates');
  const queue = new VectorQueue({
    engine: model.engine,
    clock: systemClock,
    queueLimit: 8,
    onRead() {},
    onBroken(cause) {
      throw cause;
    },
  });
  return {
    model,
    queue,
    close: async () => {
      await queue.close();
      await model.engine.close();
    },
  };
}
