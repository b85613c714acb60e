import { statfs } from 'node:fs/promises';
import type { Log } from '@sluice/platform/log';
import type { Engine } from '../engine/engine.ts';
import { PrefixStore } from '../prefix-store/prefix-store.ts';
import { DraftModelDrafts } from '../speculation/draft-model-drafts.ts';
import type { DraftSource } from '../speculation/draft-source.ts';
import { NgramDrafts } from '../speculation/ngram-drafts.ts';
import type { SpeculationOptions } from '../speculation/speculation.ts';
import type { ModelSettings } from './model-settings.ts';

/** What spares a model work, where its settings ask for it. */
export type Aids = {
  readonly speculation: SpeculationOptions | undefined;
  readonly prefixStore: PrefixStore | undefined;
  close(): Promise<void>;
};

export type AidParts = {
  readonly engine: Engine;
  /** In memory. */
  readonly prefixFolder: string;
  /** Opens the smaller model that a draft comes from. Rejects with a Fault when it does not fit the model. */
  readonly openDraft: (source: string) => Promise<Engine>;
  readonly log: Log;
};

const MIB = 2 ** 20;

export async function openAids(settings: ModelSettings, { engine, prefixFolder, openDraft, log }: AidParts): Promise<Aids> {
  const { speculation, prefixCacheMb } = settings;
  const draftEngine = speculation?.method === 'draft' ? await openDraft(speculation.source) : undefined;
  if (prefixCacheMb > 0) await warnOfLittleRoom(settings, { folder: prefixFolder, log });
  const prefixStore =
    prefixCacheMb === 0 ? undefined : await PrefixStore.open({ engine, folder: prefixFolder, bytesMax: prefixCacheMb * MIB });
  const source: DraftSource = draftEngine ? new DraftModelDrafts(draftEngine) : new NgramDrafts();
  return {
    speculation: speculation && {
      source,
      draftTokens: speculation.tokens,
      onGivenUp: (cause) => log.error({ err: cause, model: settings.name }, 'speculation failed; the model goes on without it'),
    },
    prefixStore,
    async close() {
      await prefixStore?.close();
      await draftEngine?.close();
    },
  };
}

/** What has no room is not stored, which nobody would notice: a container has 64 MB there unless it is told otherwise. */
async function warnOfLittleRoom(
  { name, prefixCacheMb }: Pick<ModelSettings, 'name' | 'prefixCacheMb'>,
  { folder, log }: { readonly folder: string; readonly log: Log },
): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / MIB);
  if (freeMb < prefixCacheMb)
    log.warn({ model: name, folder, freeMb, prefixCacheMb }, 'the prefix folder has less room than prefix_cache_mb');
}
