import type { RequestKind } from './load-job.ts';
import { INSTANT_MODEL } from './instant-runtime.ts';
import type { Rig, Server } from './start-rig.ts';

export type SystemName = 'direct' | 'sluice' | 'portkey';

/** One way to the same answer. */
export type System = {
  readonly name: SystemName;
  readonly server: Server;
  readonly headers: Readonly<Record<string, string>>;
};

/** About 60 tokens, as a short question has. */
const QUESTION =
  'Please tell me a short story about a fox that wanted to cross a wide river, whom it met there, what they said to each other, and how both came home before the night. Use plain words, and end with what one may learn from it.';

/** The upstream itself, the gateway, and the peer where there is one. */
export function systemsOf(rig: Rig): readonly System[] {
  const { upstream, portkey } = rig;
  const authorization = `Bearer ${rig.keys.accepted}`;
  return [
    { name: 'direct', server: upstream, headers: { authorization } },
    sluiceOf(rig, 'accepted'),
    ...(portkey ? [{ name: 'portkey' as const, server: portkey, headers: { authorization, ...toPortkey(upstream) } }] : []),
  ];
}

/** The gateway as the holder of one of the keys sees it. */
export function sluiceOf({ gateway, keys }: Rig, key: keyof Rig['keys']): System {
  return { name: 'sluice', server: gateway, headers: { authorization: `Bearer ${keys[key]}` } };
}

/** A chat of one question. */
export function chat({ headers }: System, kind: 'whole' | 'stream'): RequestKind {
  const body = {
    model: INSTANT_MODEL,
    messages: [{ role: 'user', content: QUESTION }],
    max_tokens: 512,
    ...(kind === 'stream' ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return { path: '/v1/chat/completions', headers, body: JSON.stringify(body), variesAddress: false };
}

function toPortkey(upstream: Server): Record<string, string> {
  return { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `http://127.0.0.1:${upstream.port}/v1` };
}
