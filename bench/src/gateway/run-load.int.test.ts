import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimPort, type ClaimedPort } from '@sluice/stack/ports';
import type { LoadJob } from './load-job.ts';
import { startMockUpstream, type MockUpstream } from './mock-upstream.ts';
import { runLoad } from './run-load.ts';

const event = (content: string): string => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const STREAM = `${event('')}${event('a')}${event('b')}${event('c')}data: [DONE]\n\n`;
const WHOLE = '{"choices":[{"message":{"content":"abc"}}]}';

describe('a load on a mock upstream', () => {
  let claim: ClaimedPort;
  let upstream: MockUpstream;
  beforeAll(async () => {
    claim = await claimPort(0);
    upstream = await startMockUpstream(claim.port);
    upstream.configure({ stepMs: 1, answers: { whole: WHOLE, stream: STREAM } });
  });
  afterAll(() => {
    upstream.close();
    claim.release();
  });

  const job = (body: object, pace: LoadJob['pace']): LoadJob => ({
    port: claim.port,
    kinds: [{ path: '/v1/chat/completions', headers: {}, body: JSON.stringify(body), variesAddress: false }],
    pace,
  });

  test('of a closed loop sends exactly as many requests as it may, and reads every byte of every answer', async () => {
    const result = await runLoad(job({}, { kind: 'closed', connections: 4, seconds: 20, requestsMax: 103 }));
    expect(result).toMatchObject({ statuses: { 200: 103 }, failed: 0, events: 0, bodyBytes: 103 * WHOLE.length });
    // The first request of each connection had to connect, so it is not timed.
    expect(result.latencyMs.count).toBe(99);
    expect(result.latencyMs.p50).toBeGreaterThan(0);
  });

  test('of streams counts their events, and times the first text', async () => {
    const result = await runLoad(job({ stream: true }, { kind: 'closed', connections: 2, seconds: 20, requestsMax: 10 }));
    expect(result).toMatchObject({ statuses: { 200: 10 }, events: 50, bodyBytes: 10 * STREAM.length });
    expect(result.textMs.count).toBe(8);
    expect(result.textMs.max).toBeLessThanOrEqual(result.latencyMs.max);
  });

  test('of an open loop sends what its rate asks for, however many connections that takes', async () => {
    const result = await runLoad(job({ stream: true }, { kind: 'open', perSecond: 400, seconds: 0.25, connectionsMax: 64 }));
    expect(result.statuses).toEqual({ 200: 100 });
    expect(result.lateMs.count).toBe(100);
  });

  test('on a port where nobody listens fails, and says so', async () => {
    const free = await claimPort(0);
    const nobody = { ...job({}, { kind: 'closed', connections: 1, seconds: 20, requestsMax: 3 }), port: free.port };
    const result = await runLoad(nobody);
    free.release();
    expect(result).toMatchObject({ failed: 3, statuses: {} });
    expect(result.failures.join()).toContain('ECONNREFUSED');
  });
});
