import type { RuntimeClient, SessionCall } from '@sluice/proto/runtime-client';
import type { GenerateEvent__Output } from '@sluice/proto/v1/GenerateEvent';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { until } from '@sluice/testing/until';

export type TestSession = {
  readonly call: SessionCall;
  readonly frames: { readonly step: number; readonly events: readonly GenerateEvent__Output[] }[];
  start(request: GenerateRequest): void;
  cancel(rid: number): void;
  eventsOf(rid: number): GenerateEvent__Output[];
  textOf(rid: number): string;
  ended(rid: number): Promise<GenerateEvent__Output>;
};

export function openSession(client: RuntimeClient): TestSession {
  const call = client.openSession();
  const frames: { step: number; events: GenerateEvent__Output[] }[] = [];
  call.on('data', (frame) => frames.push({ step: frame.step, events: frame.events }));
  call.on('error', () => {});
  const eventsOf = (rid: number) => frames.flatMap((frame) => frame.events.filter((event) => event.rid === rid));
  const end = (rid: number) => eventsOf(rid).find((event) => event.finished ?? event.failure);
  return {
    call,
    frames,
    start: (request) => void call.write({ starts: [request] }),
    cancel: (rid) => void call.write({ cancels: [{ rid }] }),
    eventsOf,
    textOf: (rid) =>
      eventsOf(rid)
        .map((event) => event.delta?.text ?? '')
        .join(''),
    ended: (rid) => until(() => end(rid)),
  };
}

export function story(rid: number, options: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    rid,
    prompt: { chat: { messages: [{ role: 'user', content: 'Tell me a story about a fox.' }] } },
    sampling: { temperature: 0 },
    stopping: { maxTokens: 40 },
    ...options,
  };
}
