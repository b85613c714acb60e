import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { CODES, type FaultCode } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import { protoDefinition } from './package-definition.ts';
import { createRuntimeClient, type RuntimeClient } from './runtime-client.ts';
import { startRuntimeServer, type RuntimeServer } from './runtime-server.ts';

describe('faults over gRPC', () => {
  let server: RuntimeServer;
  let client: RuntimeClient;
  let next: () => Error = () => new Error('unset');
  let serving = true;
  const listeners = new Set<() => void>();
  beforeAll(async () => {
    server = await startRuntimeServer('127.0.0.1:0', {
      session: (stream) => stream.end(),
      generate() {
        throw next();
      },
      watchStatus: (stream) => stream.end(),
      tokenize: () => Promise.reject(next()),
      getStatus: () => ({}),
      drain: () => ({}),
      isServing: () => serving,
      onServingChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    });
    client = createRuntimeClient(`127.0.0.1:${server.port}`);
  });
  afterAll(async () => {
    client.close();
    await server.close(500);
  });

  test('every code arrives as the same Fault, field and all', async () => {
    for (const code of Object.keys(CODES) as FaultCode[]) {
      next = () => new Fault(code, { message: `about ${code}`, param: 'messages[0].naïve', internal: 'hidden', spentTokens: 7 });
      const fault: unknown = await client.tokenize({}, { deadlineMs: 1_000 }).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Fault);
      expect(fault).toMatchObject({ code, message: `about ${code}`, param: 'messages[0].naïve', spentTokens: 7 });
      expect(fault).not.toMatchObject({ internal: 'hidden' });
    }
  });

  test('an unknown error arrives as INTERNAL without its text', async () => {
    next = () => new Error('secret path /etc');
    await expect(client.tokenize({}, { deadlineMs: 1_000 })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.not.stringContaining('secret'),
    });
  });

  test('a throwing stream handler ends its call with the status', async () => {
    next = () => new Fault('WORKER_DRAINING', { message: 'no more' });
    const error = await new Promise<ServiceError>((resolve) => client.generate({}).on('error', resolve).resume());
    expect(error.metadata.get('sluice-fault-code')).toEqual(['WORKER_DRAINING']);
  });

  test('a peer that is not there is UPSTREAM_DISCONNECTED or TIMEOUT, in time', async () => {
    const nobody = createRuntimeClient('127.0.0.1:1');
    await expect(nobody.getStatus(500)).rejects.toMatchObject({ code: expect.stringMatching(/^(UPSTREAM_DISCONNECTED|TIMEOUT)$/) });
    nobody.close();
  });

  test('grpc.health.v1 answers Check, and Watch at every change', async () => {
    const health = new (protoDefinition().grpc.health.v1.Health)(`127.0.0.1:${server.port}`, credentials.createInsecure());
    const check = (service: string) =>
      new Promise<string>((resolve) =>
        health.check({ service }, (error, response) => resolve(error ? String(error.code) : String(response?.status))),
      );
    expect(health).toBeInstanceOf(Client);
    expect(await check('')).toBe('SERVING');
    expect(await check('sluice.runtime.v1.Runtime')).toBe('SERVING');
    expect(await check('other')).toBe('5');
    const seen: unknown[] = [];
    const watch = health.watch({ service: '' });
    watch.on('error', () => {});
    await new Promise<void>((resolve) => {
      watch.on('data', (response) => {
        seen.push(response.status);
        if (seen.length === 2) resolve();
        else {
          serving = false;
          for (const listener of listeners) listener();
        }
      });
    });
    expect(seen).toEqual(['SERVING', 'NOT_SERVING']);
    watch.cancel();
    health.close();
    serving = true;
  });
});
