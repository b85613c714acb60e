import { access } from 'node:fs/promises';
import { Fault } from '@sluice/platform/fault';
import { downloadFile, type DownloadOptions } from './download-file.ts';

/** The path of a model's file, which is downloaded when it has a name such as `hf:user/repo:Q8_0` and is not here yet. Throws MODEL_NOT_FOUND. */
export async function resolveModel(options: DownloadOptions): Promise<string> {
  const { source } = options;
  if (isRemote(source)) return downloadFile(options);
  try {
    await access(source);
    return source;
  } catch (error) {
    throw new Fault('MODEL_NOT_FOUND', {
      message: `The model file ${source} does not exist. Set MODEL (or SLUICE_MODEL) to a .gguf file, a .yaml configuration, or a name such as hf:user/repo:Q8_0.`,
      cause: error,
    });
  }
}

/** Whether it is a name to download, and no path. */
export function isRemote(source: string): boolean {
  return /^(hf:|huggingface:|https?:)/.test(source);
}
