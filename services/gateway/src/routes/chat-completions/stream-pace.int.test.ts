import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { say, sayForever } from '@sluice/testing/scripts';
import type { Script } from '@sluice/testing/scripted-session';
import { until } from '@sluice/testing/until';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { sseData } from '../../test-support/sse.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }], stream: true };
const TIMINGS = { keepAliveMs: 15_000, stallMs: 60_000, headAfterMs: 10_000, queuedHeadAfterMs: 1_000 };
const TOKEN = 'Z'.repeat(8_000);
const TOKENS = 2_000;

/** More than the sockets between hold: 16 MB, in a new frame every ten tokens. */
const flood: Script = async (_request, run) => {
  for (let i = 0; i < TOKENS && !run.signal.aborted; i++) {
    run.token(TOKEN);
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  run.finish();
};

/** A client that sends its request and then reads nothing until it is told to. */
function openWithoutReading(gateway: Harness): Socket {
  const body = JSON.stringify(BODY);
  const socket = connect(gateway.gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${gateway.apiKey}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

describe('a slow reader', () => {
  test('gets every character, and does not hold up the worker', async () => {
    await using gateway = await startHarness({ scripts: [flood] });
    const socket = openWithoutReading(gateway);
    // All of it has reached the gateway while the reader stood still.
    await until(async () => Number(/inter_token_latency_seconds_count\S* (\d+)/.exec(await gateway.metrics())?.[1]) >= TOKENS / 10 - 1);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    await new Promise((resolve) => socket.on('end', resolve));
    const text = Buffer.concat(chunks).toString();
    // Counted by hand: a run may be megabytes long, too long for a regular expression.
    let letters = 0;
    let runs = 0;
    for (let i = 0; i < text.length; i++) {
      if (text[i] !== 'Z') continue;
      letters += 1;
      if (text[i - 1] !== 'Z') runs += 1;
    }
    expect(letters).toBe(TOKEN.length * TOKENS);
    // What came while it was behind was put together.
    expect(runs).toBeLessThan(TOKENS / 2);
    expect(text).toContain('data: [DONE]');
    expect(await gateway.onlyRow()).toMatchObject({ outcome: 'completed', completionTokens: TOKENS });
  });

  test('that never reads again is cut off, and its slot is freed', async () => {
    await using gateway = await startHarness({ scripts: [sayForever(0)], parts: { streamTimings: { ...TIMINGS, stallMs: 200 } } });
    gateway.runtime.script = async (request, run) => {
      for (let i = 0; !run.signal.aborted; i++) {
        run.token(TOKEN);
        await delay(1);
      }
      expect(request.requestId).toMatch(/^req_/);
    };
    const socket = openWithoutReading(gateway);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await until(() => gateway.runtime.cancelledIds.length === 1);
    socket.resume();
    await closed;
    expect(await gateway.onlyRow()).toMatchObject({ outcome: 'cancelled', statusCode: 200 });
  });
});

describe('a stream that waits', () => {
  test('sends its head and a comment before clients give up, and comments while nothing comes', async () => {
    const hasComments = Promise.withResolvers<void>();
    await using gateway = await startHarness({
      scripts: [
        async (request, run) => {
          await hasComments.promise;
          return say(['at last'])(request, run);
        },
      ],
      parts: { streamTimings: { ...TIMINGS, headAfterMs: 50, keepAliveMs: 60 } },
    });
    const response = await gateway.post(PATH, BODY);
    let text = '';
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      if ((text.match(/: keep-alive/g)?.length ?? 0) >= 2) hasComments.resolve();
    }
    expect(text.startsWith(': keep-alive\n\n')).toBe(true);
    expect(sseData(text).at(-1)).toBe('[DONE]');
  });

  test('tells an error in the stream once its head is out', async () => {
    await using gateway = await startHarness({ scripts: [say([])], parts: { streamTimings: { ...TIMINGS, headAfterMs: 20 } } });
    const hasHead = Promise.withResolvers<void>();
    gateway.runtime.script = async (_request, run) => {
      await hasHead.promise;
      run.fail('TIMEOUT', 'No slot became free in time.');
    };
    const response = await gateway.post(PATH, BODY);
    expect(response.status).toBe(200);
    hasHead.resolve();
    const data = sseData(await response.text());
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({ error: { code: 'timeout', message: 'No slot became free in time.' } });
    expect(data.at(-1)).toBe('[DONE]');
  });
});

describe('a stream', () => {
  test('writes tokens that came in one frame as one piece, each as its own event', async () => {
    await using gateway = await startHarness({ scripts: [say(['a', 'b', 'c'])] });
    const response = await gateway.post(PATH, BODY);
    const pieces: string[] = [];
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) pieces.push(decoder.decode(piece));
    expect(sseData(pieces.join('')).filter((data) => data.includes('"content":"')).length).toBe(4);
    expect(pieces.length).toBeLessThanOrEqual(2);
  });
});
