import type { AnswerShape } from './answer-shape.ts';
import { startInstantRuntime, type InstantRuntime, type RuntimeTotals } from './instant-runtime.ts';
import { serveParent } from './parent-channel.ts';

export type RuntimeQuestion = { readonly listen: string } | { readonly shape: AnswerShape } | { readonly totals: true };

let runtime: InstantRuntime | undefined;

// Only start-rig.ts asks.
serveParent((question) => answer(question as RuntimeQuestion));

async function answer(question: RuntimeQuestion): Promise<RuntimeTotals> {
  if ('listen' in question) runtime = await startInstantRuntime(question.listen);
  if (!runtime) throw new Error('it does not listen yet');
  if ('shape' in question) runtime.shape = question.shape;
  return runtime.totals();
}
