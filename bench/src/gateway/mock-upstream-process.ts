import { startMockUpstream, type Answers, type MockUpstream } from './mock-upstream.ts';
import { serveParent } from './parent-channel.ts';

export type UpstreamQuestion = { readonly listen: number } | { readonly stepMs: number; readonly answers: Answers };

let upstream: MockUpstream | undefined;

// Only start-rig.ts asks.
serveParent((question) => answer(question as UpstreamQuestion));

async function answer(question: UpstreamQuestion): Promise<void> {
  if ('listen' in question) upstream = await startMockUpstream(question.listen);
  else upstream?.configure(question);
}
