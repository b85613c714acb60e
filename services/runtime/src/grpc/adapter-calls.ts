import { Fault } from '@sluice/platform/fault';
import type { AdapterUpload, RuntimeExtras } from '@sluice/proto/runtime-server';
import type { AdapterStatus } from '@sluice/proto/v1/AdapterStatus';
import type { PutAdapterRequest__Output } from '@sluice/proto/v1/PutAdapterRequest';
import type { AdapterCatalogue, BorrowedTarget } from '../adapters/adapter-catalogue.ts';
import type { ModelHost } from '../models/model-host.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import { requireGenerating } from '../models/require-task.ts';

type Models = Pick<ModelRegistry, 'find'>;

/** The calls that change which adapters there are. */
export function createAdapterCalls(models: Models): Pick<RuntimeExtras, 'putAdapter' | 'removeAdapter'> {
  return {
    putAdapter: (upload) => receive(upload, models),
    removeAdapter: ({ model, name }) => requireAdapters(models, model).remove(name),
  };
}

/** Throws for a model that takes none. */
export function requireAdapters(models: Models, model: string): AdapterCatalogue {
  const { adapters, name } = models.find(model);
  if (adapters) return adapters;
  throw new Fault('UNSUPPORTED_VALUE', { message: `The model \`${name}\` takes no adapters.`, param: 'adapter' });
}

/** Takes an adapter's file off a stream, no faster than the disk does. Rejects with a Fault when it is not taken. */
async function receive(upload: AdapterUpload, models: Models): Promise<AdapterStatus> {
  // It is a stream of its messages, which its declaration does not say.
  const parts: AsyncIterator<PutAdapterRequest__Output> = upload[Symbol.asyncIterator]();
  const first = await parts.next();
  const head = first.done === true ? undefined : first.value.head;
  if (!head) throw new Fault('MISSING_PARAMETER', { message: 'The first message of an upload names the adapter.', param: 'head' });
  const adapters = requireAdapters(models, head.model);
  const host = models.find(head.model);
  // What cannot be checked in the end is refused before it comes.
  host.assertServing();
  if (host.running) requireGenerating(host.running);
  return adapters.put(head.name, dataOf(parts), () => borrow(host));
}

/** The model is there to check the file with, and stays until that is done. */
async function borrow(host: ModelHost): Promise<BorrowedTarget> {
  const giveBack = host.enter();
  try {
    const { model } = requireGenerating(await host.awake());
    return { target: model, giveBack };
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function* dataOf(parts: AsyncIterator<PutAdapterRequest__Output>): AsyncGenerator<Uint8Array> {
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
    if (part.value.isComplete === true) return;
    if (!part.value.data) throw new Fault('INVALID_VALUE', { message: 'Every other message of an upload holds bytes.', param: 'data' });
    yield part.value.data;
  }
  throw new Fault('REQUEST_TIMEOUT', { message: 'The upload ended before it was complete.' });
}
