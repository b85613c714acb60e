import type { AnswerShape } from './answer-shape.ts';
import type { MeasureDeps } from './measure.ts';
import { chat, sluiceOf } from './systems.ts';

/** From now on every system gives answers of this shape: the upstream those very bytes that the gateway makes of the runtime's. */
export async function setShape({ rig, ledger }: MeasureDeps, shape: AnswerShape): Promise<void> {
  await rig.runtime.ask({ shape });
  const answer = async (kind: 'whole' | 'stream'): Promise<string> => {
    const { path, headers, body } = chat(sluiceOf(rig, 'accepted'), kind);
    const response = await fetch(`http://127.0.0.1:${rig.gateway.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the gateway answers ${response.status}: ${text.slice(0, 300)}`);
    ledger.set(response.status, (ledger.get(response.status) ?? 0) + 1);
    return text;
  };
  await rig.upstream.configure({ stepMs: shape.stepMs, answers: { whole: await answer('whole'), stream: await answer('stream') } });
}
