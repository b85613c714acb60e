import { createHash, createHmac, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { generateApiKey, hashApiKey, parseApiKey } from '@sluice/platform/api-key';
import { startJobsProcess } from '@sluice/testing/jobs-process';
import { PEPPER } from '@sluice/testing/pepper';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { deriveSigningSecret } from './signatures/signing-secret.ts';
import { startGatewayProcess, type GatewayProcess } from './test-support/gateway-process.ts';
import { textOfDatabase, textOfRedis } from './test-support/stored-text.ts';

/** One word in each place that may hold something private, so that a leak names its source. */
const PRIVATE = {
  prompt: 'canary-of-a-prompt',
  answer: 'canary-of-an-answer',
  field: 'canary-of-a-field',
  header: 'canary-of-a-header',
  cookie: 'canary-of-a-cookie',
  idempotencyKey: 'canary-of-an-idempotency-key',
  bearer: 'canary-of-a-bearer-token',
  apiKey: 'canary-of-an-x-api-key',
  basic: 'canary-of-a-basic-login',
  query: 'canary-of-a-query',
  signature: 'canary-of-a-signature',
};
/** Kept on purpose: it proves that what is looked through is what was written. */
const USER_AGENT = 'an-agent-that-is-kept';

/** Of the requests below: those of a metered route with a working key, less the one that was answered again. */
const ROWS = 13;
const ERRORS = 16;

const prompt = [{ role: 'user', content: PRIVATE.prompt }];

describe('what nobody but the client and the model may know', () => {
  test('is found in no log, no metric, no row, nothing in Redis and no error', async () => {
    await using gateway = await startGatewayProcess({ script: say([PRIVATE.answer]), drainMs: 1_000 });
    const errors: string[] = [];
    const secrets = await makeRequests(gateway, errors);
    await until(async () => (await gateway.rows()).length === ROWS);
    const ready = gateway.process.logLines().find(({ msg }) => msg === 'ready');
    const metrics = await (await fetch(`http://127.0.0.1:${String(ready?.['metricsPort'])}/metrics`)).text();
    const queued = await textOfRedis(gateway.redisUrl);

    const jobs = await startJobsProcess({ databaseUrl: gateway.databaseUrl, redisUrl: gateway.redisUrl });
    await until(async () => (await gateway.db.requestLog.count()) === ROWS);
    await jobs.stop();
    await gateway.process.stop();

    const places = {
      log: gateway.process.output() + jobs.service.output(),
      metrics,
      queued,
      redis: await textOfRedis(gateway.redisUrl),
      rows: await textOfDatabase(gateway.db),
      errors: errors.join('\n'),
    };
    const leaks = Object.entries(places).flatMap(([place, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${place}`),
    );
    expect(leaks).toEqual([]);
    for (const kept of [places.log, places.queued, places.rows]) expect(kept).toContain(USER_AGENT);
    expect(places.queued).toContain('sluice:idempotency:');
    expect(places.metrics).toContain('sluice_gateway_requests_total{');
    expect(errors).toHaveLength(ERRORS);
  });
});

/** Good ones, refused ones and broken ones. Returns everything that must not be found anywhere. */
async function makeRequests(gateway: GatewayProcess, errors: string[]): Promise<string[]> {
  const answer = async (arriving: Promise<Response>): Promise<void> => {
    const response = await arriving;
    const text = await response.text();
    if (!response.ok) errors.push(`${response.status} ${text}`);
  };
  const headers = { 'user-agent': USER_AGENT, 'x-custom': PRIVATE.header, cookie: PRIVATE.cookie, 'proxy-authorization': PRIVATE.basic };
  const fields = { user: PRIVATE.field, metadata: { note: PRIVATE.field }, stop: PRIVATE.field };
  const chat = (change: Record<string, unknown>, more: Record<string, string> = {}) =>
    answer(gateway.chat(change, { ...headers, ...more }));
  const once = { 'idempotency-key': PRIVATE.idempotencyKey };

  await chat({ messages: prompt, ...fields });
  await chat({ messages: prompt, stream: true });
  await chat({ messages: prompt, ...fields }, once);
  await chat({ messages: prompt, ...fields }, once);
  await chat({ messages: prompt }, once);
  await chat({ messages: prompt }, { 'idempotency-key': PRIVATE.idempotencyKey.repeat(20) });
  await chat({ messages: prompt, model: 'unknown' });
  await chat({ messages: [{ role: 'user', content: [{ type: 'text', text: PRIVATE.prompt, more: PRIVATE.prompt }] }] });
  await chat({ messages: prompt, temperature: 99 });
  await answer(rawChat(gateway, `{"messages": "${PRIVATE.prompt}`));

  const unknown = generateApiKey().plaintext;
  for (const authorization of [`Bearer ${PRIVATE.bearer}`, `Bearer ${unknown}`, `Basic ${PRIVATE.basic}`])
    await chat({ messages: prompt }, { authorization });
  await chat({ messages: prompt }, { 'x-api-key': PRIVATE.apiKey });
  await answer(fetch(`${gateway.url}/v1/models?access_token=${PRIVATE.query}`, { headers }));
  await answer(fetch(`${gateway.url}/v1/nothing?key=${PRIVATE.query}`, { headers }));
  await answer(
    fetch(`${gateway.url}/v1/organization/projects?after=${PRIVATE.query}`, { headers: { authorization: `Bearer ${PRIVATE.bearer}` } }),
  );

  const signed = await signedRequests(gateway, chat);
  return [...Object.values(PRIVATE), gateway.apiKey.slice(16), unknown.slice(16), PEPPER, ...signed];
}

/** One of a key that signs: good, and again. */
async function signedRequests(
  gateway: GatewayProcess,
  chat: (change: Record<string, unknown>, headers: Record<string, string>) => Promise<void>,
): Promise<string[]> {
  const key = await gateway.db.apiKey.findFirstOrThrow({ where: { publicId: parseApiKey(gateway.apiKey)?.publicId ?? '' } });
  const { plaintext, publicId } = generateApiKey();
  const { id } = await gateway.db.apiKey.create({
    data: {
      id: 'key_that_signs',
      publicId,
      secretHash: hashApiKey(plaintext, PEPPER),
      redactedValue: 'sk-…',
      name: 'signs',
      projectId: key.projectId,
      requiresSignature: true,
    },
  });
  const secret = deriveSigningSecret(PEPPER, id);
  const body = JSON.stringify({ model: 'scripted', messages: prompt });
  const [at, nonce] = [String(Math.floor(Date.now() / 1_000)), randomUUID()];
  const text = [at, nonce, 'POST', '/v1/chat/completions', createHash('sha256').update(body).digest('hex')].join('.');
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  const headers = {
    authorization: `Bearer ${plaintext}`,
    'x-sluice-timestamp': at,
    'x-sluice-nonce': nonce,
    'x-sluice-signature': `v1=${signature}`,
  };
  await chat({ messages: prompt }, headers);
  await chat({ messages: prompt }, headers);
  await chat({ messages: prompt }, { ...headers, 'x-sluice-nonce': randomUUID() });
  await chat({ messages: prompt }, { ...headers, 'x-sluice-signature': PRIVATE.signature });
  return [secret, signature, plaintext.slice(16)];
}

function rawChat(gateway: GatewayProcess, body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json', 'user-agent': USER_AGENT };
  return fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
}
