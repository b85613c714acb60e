import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '@sluice/platform/config';
import { readModelSettings, type ModelSettings } from './model-settings.ts';

export type ModelsConfig = {
  readonly MODEL?: string | undefined;
  readonly MODELS?: readonly string[] | undefined;
  readonly MODEL_NAME?: string | undefined;
  readonly SLOTS?: number | undefined;
  readonly CONTEXT_TOKENS?: number | undefined;
};

const MODEL_DEFAULT = 'models/demo-chat.yaml';
/** What belongs into each model's own file when there are several. */
const OF_ONE_MODEL = ['MODEL', 'MODEL_NAME', 'SLOTS', 'CONTEXT_TOKENS'] as const;

/** The settings of every model that the configuration names: the one of `MODEL`, or those of `MODELS`, a list or a folder of .yaml files. Throws ConfigError. */
export async function readModels(config: ModelsConfig): Promise<ModelSettings[]> {
  if (config.MODELS === undefined) return [await readOne(config)];
  const misplaced = OF_ONE_MODEL.filter((name) => config[name] !== undefined);
  if (misplaced.length > 0) {
    throw new ConfigError(`MODELS names several models, so ${misplaced.join(', ')} must be unset: each model's own .yaml file says that.`);
  }
  const named = await Promise.all(config.MODELS.map(filesOf));
  const models = await Promise.all(named.flat().map((model) => readModelSettings(model)));
  if (models.length === 0) throw new ConfigError('MODELS names no model: expected files, names, or a folder with .yaml files.');
  const names = models.map(({ name }) => name);
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined)
    throw new ConfigError(`MODELS has two models named ${double}: give one of them another name in its .yaml file.`);
  return models;
}

async function readOne(config: ModelsConfig): Promise<ModelSettings> {
  const settings = await readModelSettings(config.MODEL ?? MODEL_DEFAULT);
  return {
    ...settings,
    name: config.MODEL_NAME ?? settings.name,
    slots: config.SLOTS ?? settings.slots,
    contextTokens: config.CONTEXT_TOKENS ?? settings.contextTokens,
  };
}

/** A folder stands for the .yaml files in it, in alphabetical order. */
async function filesOf(model: string): Promise<string[]> {
  const path = resolve(model);
  const names = await readdir(path).catch(() => undefined);
  if (!names) return [model];
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => join(path, name));
}
