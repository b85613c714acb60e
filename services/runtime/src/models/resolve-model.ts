import { access } from 'node:fs/promises';
import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import { resolveModelFile } from 'node-llama-cpp';

/** The path of a model's file, which is downloaded when it has a name such as `hf:user/repo:Q8_0` and is not here yet. Throws MODEL_NOT_FOUND. */
export async function resolveModel({
  source,
  downloadFolder,
  log,
}: {
  readonly source: string;
  readonly downloadFolder: string;
  readonly log: Log;
}): Promise<string> {
  if (/^(hf:|huggingface:|https?:)/.test(source)) {
    log.info({ model: source, folder: downloadFolder }, 'looking for the model, downloading it when it is not here yet');
    return resolveModelFile(source, { directory: downloadFolder, cli: false });
  }
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
