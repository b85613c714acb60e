import type { ModelShape } from './check-adapter.ts';

/** What node-llama-cpp has read of a model's file. */
type FileInfo = {
  readonly metadata: { readonly general: { readonly architecture: string } };
  readonly fullTensorInfo?: readonly { readonly name: string; readonly dimensions: readonly (number | bigint)[] }[];
};

/** What adapters of a model must fit, from the model's own file. */
export function shapeOf({ fileInfo }: { readonly fileInfo: FileInfo }): ModelShape {
  const tensors = (fileInfo.fullTensorInfo ?? []).map(({ name, dimensions }) => [name, dimensions.map(Number)] as const);
  return { architecture: fileInfo.metadata.general.architecture, tensors: new Map(tensors) };
}
