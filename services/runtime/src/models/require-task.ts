import { Fault } from '@sluice/platform/fault';
import type { Task } from './formats.ts';
import type { Generating, Ready, Vectoring } from './model-state.ts';

const DOES = { generate: 'generates text', embed: 'embeds', rank: 'ranks' } as const satisfies Record<Task, string>;
const DOES_NOT = { generate: 'does not generate text', embed: 'does not embed', rank: 'does not rank' } as const satisfies Record<
  Task,
  string
>;

/** The model, as one that generates. Throws a Fault that names it and says what it does instead. */
export function requireGenerating(ready: Ready): Generating {
  if (ready.task === 'generate') return ready;
  throw refusal(ready, 'generate');
}

/** The model, as one for this task. Throws a Fault that names it and says what it does instead. */
export function requireVectors(ready: Ready, task: Vectoring['task']): Vectoring {
  if (ready.task === task) return ready;
  throw refusal(ready, task);
}

function refusal({ task, model }: Ready, wanted: Task): Fault {
  return new Fault('UNSUPPORTED_VALUE', {
    message: `The model \`${model.settings.name}\` ${DOES_NOT[wanted]}: it ${DOES[task]}.`,
    param: 'model',
  });
}
