import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { say, sayForever } from '@sluice/testing/scripts';
import { startService } from '@sluice/testing/service-process';
import { until } from '@sluice/testing/until';
import { startGatewayProcess } from './test-support/gateway-process.ts';
import { sseData } from './test-support/sse.ts';

describe('the gateway as a process', () => {
  test('lets a running stream finish when it is told to stop, writes its history, and exits with 0', async () => {
    await using gateway = await startGatewayProcess({ script: say(['a', 'b', 'c', 'd'], { pauseMs: 150 }), drainMs: 10_000 });
    const response = await gateway.chat({ stream: true });
    gateway.process.child.kill('SIGTERM');
    const data = sseData(await response.text());
    expect(data.at(-1)).toBe('[DONE]');
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    await once(gateway.process.child, 'exit');
    expect(gateway.process.child.exitCode).toBe(0);
    expect(await gateway.rows()).toMatchObject([{ outcome: 'completed', completionTokens: 4, statusCode: 200 }]);
  });

  test('ends a stream that outlasts the drain with an error event and [DONE], and frees its slot', async () => {
    await using gateway = await startGatewayProcess({ script: sayForever(20), drainMs: 300 });
    const response = await gateway.chat({ stream: true });
    gateway.process.child.kill('SIGTERM');
    const data = sseData(await response.text());
    expect(data.at(-1)).toBe('[DONE]');
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({ error: { code: 'shutting_down' } });
    await once(gateway.process.child, 'exit');
    expect(gateway.process.child.exitCode).toBe(0);
    const [row] = await gateway.rows();
    expect(row).toMatchObject({ outcome: 'failed', errorCode: 'shutting_down' });
    expect(row?.completionTokens).toBe(gateway.runtime.tokensOf(row?.requestId ?? ''));
    expect(gateway.runtime.running).toBe(0);
  });

  test('waits for the worker to confirm a cancel before it closes its history', async () => {
    await using gateway = await startGatewayProcess({ script: sayForever(20), drainMs: 5_000 });
    const { script } = gateway.runtime;
    // This worker takes half a second to notice.
    gateway.runtime.script = (request, run) => {
      run.ignoresCancel = true;
      run.signal.addEventListener('abort', () => setTimeout(() => run.finish('CANCELLED'), 500));
      return script(request, run);
    };
    const client = new AbortController();
    const response = await gateway.chat({ stream: true }, {}, client.signal);
    client.abort();
    await expect(response.text()).rejects.toThrow();
    await until(() => gateway.runtime.cancelledIds.length === 1);
    gateway.process.child.kill('SIGTERM');
    await once(gateway.process.child, 'exit');
    const [row] = await gateway.rows();
    expect(row).toMatchObject({ outcome: 'cancelled', promptTokens: 7 });
    expect(row?.completionTokens).toBe(gateway.runtime.tokensOf(row?.requestId ?? ''));
  });

  test('takes no new connections while it stops; on open ones it answers, says that it is not ready, and closes', async () => {
    const asked = Promise.withResolvers<void>();
    await using gateway = await startGatewayProcess({ script: say([]), drainMs: 10_000 });
    gateway.runtime.script = async (request, run) => {
      await asked.promise;
      return say(['x'])(request, run);
    };
    const { port } = new URL(gateway.url);
    const body = JSON.stringify({ model: 'scripted', prompt: 'x' });
    const socket = connect(Number(port), '127.0.0.1');
    let answers = '';
    socket.on('data', (chunk: Buffer) => {
      answers += chunk.toString();
    });
    socket.write(`POST /v1/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.apiKey}\r\n`);
    socket.write(`content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until(() => gateway.runtime.running === 1);
    gateway.process.child.kill('SIGTERM');
    await until(() =>
      fetch(`${gateway.url}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    await new Promise<unknown>((resolve) => socket.write('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n', resolve));
    // One answer follows the other on a connection, so the second request waits there.
    asked.resolve();
    await once(socket, 'close');
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
    expect(answers).toContain('"accepting":false');
    expect(answers.match(/connection: close/gi)).toHaveLength(1);
  });

  test('behind a load balancer that has not heard of it yet, refuses nobody: it says that it is not ready, and answers', async () => {
    await using gateway = await startGatewayProcess({ script: say(['x']), drainMs: 5_000, prestopMs: 60_000 });
    gateway.process.child.kill('SIGTERM');
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    for (let i = 0; i < 10; i++) {
      const response = await gateway.chat({ stream: true });
      expect(response.headers.get('connection')).toBe('close');
      expect(sseData(await response.text()).at(-1)).toBe('[DONE]');
    }
    expect(gateway.process.child.exitCode).toBeNull();
    gateway.process.child.kill('SIGKILL');
  });

  test('stops by itself once that time is over', async () => {
    await using gateway = await startGatewayProcess({ script: say(['x']), drainMs: 5_000, prestopMs: 300 });
    gateway.process.child.kill('SIGTERM');
    await once(gateway.process.child, 'exit');
    expect(gateway.process.child.exitCode).toBe(0);
  });

  test('refuses to start without a pepper, and says what is missing', async () => {
    const gateway = startService('gateway', {
      DATABASE_URL: 'postgresql://x@127.0.0.1:1/x',
      REDIS_URL: 'redis://127.0.0.1:1',
      RUNTIME_ADDRESSES: '127.0.0.1:1',
    });
    await once(gateway.child, 'close');
    expect(gateway.child.exitCode).toBe(1);
    expect(gateway.output()).toBe('The configuration is not usable:\n  KEY_PEPPER: must be set: API keys are hashed under it\n');
  });
});
