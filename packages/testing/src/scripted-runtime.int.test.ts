import { expect, test } from '@jest/globals';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import type { ServerFrame__Output } from '@sluice/proto/v1/ServerFrame';
import { startScriptedRuntime } from './scripted-runtime.ts';
import { say, sayForever } from './scripts.ts';
import { testTokenCaps } from './token-caps.contract.ts';

testTokenCaps('the scripted one', () => startScriptedRuntime({ script: sayForever(0) }));

test('a script that still talks when its request is over is not heard', async () => {
  const runtime = await startScriptedRuntime({ script: say(['a', 'b', 'c']) });
  const client = createRuntimeClient(runtime.address);
  const call = client.openSession();
  call.on('error', () => {});
  const texts: string[] = [];
  const ended = new Promise<string | undefined>((resolve) => {
    call.on('data', ({ events }: ServerFrame__Output) => {
      for (const event of events) {
        texts.push(event.delta?.text ?? '');
        if (event.finished) resolve(event.finished.reason);
      }
    });
  });
  call.write({ starts: [{ rid: 1, requestId: 'req_1', stopping: { maxTokens: 2 } }] });
  expect(await ended).toBe('LENGTH');
  expect(texts.join('')).toBe('ab');
  expect(runtime.tokensOf('req_1')).toBe(2);
  call.end();
  client.close();
  await runtime.close();
});
