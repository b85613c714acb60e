import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { plainCalls } from '@sluice/testing/scripted-calls';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/watermark/detect';
const BODY = { model: 'scripted', text: 'one two three' };

describe('POST /v1/watermark/detect', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say([])] });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    gateway.runtime.calls = plainCalls;
  });

  const answerWith = async (found: { scoredTokens: number; greenTokens: number; zScore: number; pValue: number }): Promise<unknown> => {
    gateway.runtime.calls = { ...plainCalls, detectWatermark: () => ({ ...found, gamma: 0.25 }) };
    const response = await gateway.post(PATH, BODY);
    expect(response.status).toBe(200);
    return response.json();
  };

  test('answers what the test of the text gave', async () => {
    expect(await answerWith({ scoredTokens: 100, greenTokens: 60, zScore: 8.08, pValue: 3e-16 })).toEqual({
      object: 'watermark.detection',
      is_watermarked: true,
      z_score: 8.08,
      p_value: 3e-16,
      green_fraction: 0.6,
      scored_tokens: 100,
      gamma: 0.25,
    });
  });

  test('calls a text marked from a z-score of 4 on, and an empty one not', async () => {
    const found = { scoredTokens: 100, greenTokens: 42, pValue: 1e-4 };
    expect(await answerWith({ ...found, zScore: 3.99 })).toMatchObject({ is_watermarked: false });
    expect(await answerWith({ ...found, zScore: 4 })).toMatchObject({ is_watermarked: true });
    expect(await answerWith({ scoredTokens: 0, greenTokens: 0, zScore: 0, pValue: 1 })).toMatchObject({
      is_watermarked: false,
      green_fraction: 0,
    });
  });

  test('passes on that the server has no key', async () => {
    const refuse = () => {
      throw new Fault('UNSUPPORTED_VALUE', { message: 'no key', param: 'watermark' });
    };
    gateway.runtime.calls = { ...plainCalls, detectWatermark: refuse };
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({ status: 400, code: 'unsupported_value', param: 'watermark' });
  });

  test.each([
    [{ model: 'scripted' }, 'missing_required_parameter', 'text'],
    [{ ...BODY, text: 'x'.repeat(20_001) }, 'string_above_max_length', 'text'],
    [{ ...BODY, gamma: 0.5 }, 'unknown_parameter', 'gamma'],
  ])('refuses what it cannot use by name', async (body, code, param) => {
    expect(await errorOf(await gateway.post(PATH, body))).toMatchObject({ status: 400, code, param });
  });

  test('is for keys that may have tokens counted, and costs nothing', async () => {
    const rows = gateway.history.rows.length;
    expect((await gateway.post(PATH, BODY)).status).toBe(200);
    expect(gateway.history.rows).toHaveLength(rows);
    const key = gateway.keys.issue({ scopes: new Set(['models']) });
    expect((await gateway.post(PATH, BODY, { authorization: `Bearer ${key}` })).status).toBe(403);
    expect((await fetch(`${gateway.url}${PATH}`, { method: 'POST', body: '{}' })).status).toBe(401);
  });
});
