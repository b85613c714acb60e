import { Fault } from '@sluice/platform/fault';

/** What a model may be for, as workers call it. */
export type Task = 'generate' | 'embed' | 'rank';

const WITHOUT = { generate: 'does not generate text', embed: 'does not embed', rank: 'does not rank' } as const satisfies Record<
  Task,
  string
>;
const INSTEAD: Readonly<Record<string, string>> = {
  generate: 'it generates text (/v1/chat/completions)',
  embed: 'it embeds (/v1/embeddings)',
  rank: 'it ranks (/v1/rerank)',
};

/** A model is asked for what it is not for. */
export function wrongTask(model: string, { wanted, tasks }: { readonly wanted: Task; readonly tasks: readonly string[] }): Fault {
  const instead = tasks.map((task) => INSTEAD[task] ?? task).join(', ');
  return new Fault('UNSUPPORTED_VALUE', { message: `The model \`${model}\` ${WITHOUT[wanted]}: ${instead}.`, param: 'model' });
}
