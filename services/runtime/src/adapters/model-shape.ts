import type { LlamaModel } from 'node-llama-cpp';
import type { ModelShape } from './check-adapter.ts';

/** What adapters of a model must fit, from the model's own file. */
export function shapeOf({ fileInfo }: Pick<LlamaModel, 'fileInfo'>): ModelShape {
  const tensors = (fileInfo.fullTensorInfo ?? []).map(({ name, dimensions }) => [name, dimensions.map(Number)] as const);
  return { architecture: fileInfo.metadata.general.architecture, tensors: new Map(tensors) };
}
