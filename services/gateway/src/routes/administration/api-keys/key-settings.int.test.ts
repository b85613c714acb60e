import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PEPPER } from '@sluice/testing/pepper';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';
import { deriveSigningSecret } from '../../../signatures/signing-secret.ts';

type Key = { id: string; value: string; expires_at: number | null; created_at: number; signing_secret?: string };

describe('/sluice/v1/api_keys/{id}', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const create = async (body: object = {}) =>
    (await gateway.owner.sent('POST', `/v1/organization/projects/${gateway.projectId}/api_keys`, { name: 'key', ...body })) as Key;
  const at = ({ id }: { id: string }, more = '') => `/sluice/v1/api_keys/${id}${more}`;
  const rotate = async (key: Key, body: object = {}) => (await gateway.owner.sent('POST', at(key, '/rotate'), body)) as Key;
  const statusWith = async ({ value }: Key) => (await gateway.chat(value)).status;

  test('shows all of a key, changes it, and revokes it, each with its line in the audit log', async () => {
    const key = await create();
    expect(await gateway.owner.sent('GET', at(key))).toMatchObject({
      id: key.id,
      object: 'sluice.api_key',
      project_id: gateway.projectId,
      owner: { user: { id: gateway.owner.userId } },
      last_used_at: null,
      revoked_at: null,
      rotated_from: null,
    });
    const change = {
      name: 'renamed',
      scopes: ['chat.completions'],
      allowed_models: ['scripted'],
      allowed_ips: ['127.0.0.0/8', '::1'],
      limits: { concurrent_requests: 2 },
      expires_at: 4_000_000_000,
    };
    expect(await gateway.owner.sent('PATCH', at(key), change)).toMatchObject(change);
    expect(await statusWith(key)).toBe(200);
    await gateway.owner.sent('PATCH', at(key), { allowed_ips: ['203.0.113.7'] });
    expect(await statusWith(key)).toBe(401);
    await gateway.owner.sent('PATCH', at(key), { allowed_ips: [], allowed_models: ['another'], expires_at: null });
    expect(await statusWith(key)).toBe(403);
    expect(await gateway.owner.sent('DELETE', at(key))).toMatchObject({ id: key.id, revoked_at: expect.any(Number) });
    expect(await statusWith(key)).toBe(401);
    expect(await gateway.owner.sent('GET', at(key))).toMatchObject({ revoked_at: expect.any(Number) });
    expect((await gateway.owner.send('PATCH', at(key), { name: 'again' })).status).toBe(404);
    const trail = await auditTrail(gateway, key.id);
    expect(trail.map(({ type }) => type)).toEqual([
      'api_key.created',
      'api_key.updated',
      'api_key.updated',
      'api_key.updated',
      'api_key.deleted',
    ]);
    expect(trail[1]).toMatchObject({ before: { name: 'key', limits: {} }, after: { name: 'renamed', limits: { concurrent_requests: 2 } } });
  });

  test('rotates a key: the new one does what the old one did, which works until the overlap is over', async () => {
    const old = await create({ scopes: ['chat.completions'], limits: { requests_per_day: 50 }, expires_in_seconds: 1_000 });
    const successor = await rotate(old, { overlap_seconds: 600 });
    expect(successor).toMatchObject({ name: 'key', scopes: ['chat.completions'], limits: { requests_per_day: 50 }, rotated_from: old.id });
    expect(successor.value).not.toBe(old.value);
    // As long as the old one was meant to live.
    expect((successor.expires_at ?? 0) - successor.created_at).toBe(1_000);
    const outgoing = (await gateway.owner.sent('GET', at(old))) as Key;
    expect(outgoing).toMatchObject({ rotated_to: successor.id, revoked_at: null });
    expect(Math.abs((outgoing.expires_at ?? 0) - successor.created_at - 600)).toBeLessThanOrEqual(1);
    expect([await statusWith(old), await statusWith(successor)]).toEqual([200, 200]);
    expect((await auditTrail(gateway, old.id)).map(({ type }) => type)).toEqual(['api_key.created', 'api_key.updated']);
    expect((await auditTrail(gateway, successor.id))[0]).toMatchObject({ type: 'api_key.created', after: { rotated_from_id: old.id } });
  });

  test('ends the old key at once where no overlap is asked for, and never later than it would have ended', async () => {
    const [abrupt, ending] = [await create(), await create({ expires_in_seconds: 60 })];
    await rotate(abrupt);
    expect(await statusWith(abrupt)).toBe(401);
    await rotate(ending, { overlap_seconds: 3_600 });
    expect(await gateway.owner.sent('GET', at(ending))).toMatchObject({ expires_at: ending.expires_at });
  });

  test('rotates a key once, whoever else wants to at the same time', async () => {
    const key = await create();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => gateway.owner.send('POST', at(key, '/rotate'), { overlap_seconds: 60 })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409', '409']);
    expect(await gateway.db.apiKey.count({ where: { rotatedFromId: key.id } })).toBe(1);
  });

  test('rotates no key that is revoked, has expired, or is in an archived project', async () => {
    const [revoked, expired] = [await create(), await create()];
    await gateway.owner.sent('DELETE', at(revoked));
    await gateway.owner.sent('PATCH', at(expired), { expires_at: 1_000 });
    expect((await gateway.owner.send('POST', at(revoked, '/rotate'), {})).status).toBe(404);
    expect(await errorOf(await gateway.owner.send('POST', at(expired, '/rotate'), {}))).toMatchObject({ status: 409, code: 'conflict' });
    const project = await gateway.owner.admin.projects.create({ name: 'Archived' });
    const { api_key: key } = await gateway.owner.admin.projects.serviceAccounts.create(project.id, { name: 'x' });
    await gateway.owner.admin.projects.archive(project.id);
    expect((await gateway.owner.send('POST', at({ id: key?.id ?? '' }, '/rotate'), {})).status).toBe(409);
  });

  test('shows the signing secret when signatures are asked for, and demands them from then on', async () => {
    const key = await create();
    const changed = (await gateway.owner.sent('PATCH', at(key), { requires_signature: true })) as Key;
    expect(changed.signing_secret).toBe(deriveSigningSecret(PEPPER, key.id));
    expect(await gateway.owner.sent('GET', at(key))).not.toHaveProperty('signing_secret');
    expect(await statusWith(key)).toBe(401);
    const successor = await rotate(key, { overlap_seconds: 60 });
    expect(successor.signing_secret).toBe(deriveSigningSecret(PEPPER, successor.id));
    const born = await create({ requires_signature: true });
    expect(born.signing_secret).toBe(deriveSigningSecret(PEPPER, born.id));
    const written = JSON.stringify([
      await gateway.db.auditLog.findMany({ select: { before: true, after: true } }),
      gateway.harness.logLines,
    ]);
    expect(written).not.toContain(born.signing_secret);
    expect(written).not.toContain(born.value.slice(16, -4));
  });

  test('refuses by name what a key cannot be', async () => {
    const key = await create();
    const refusal = async (body: object) => errorOf(await gateway.owner.send('PATCH', at(key), body));
    expect(await refusal({ expires_at: 'tomorrow' })).toMatchObject({ status: 400, param: 'expires_at' });
    expect(await refusal({ allowed_ips: ['10.0.0.1/33'] })).toMatchObject({ status: 400, param: 'allowed_ips[0]' });
    expect(await refusal({ value: 'sk-mine' })).toMatchObject({ code: 'unknown_parameter', param: 'value' });
    const rotation = await gateway.owner.send('POST', at(key, '/rotate'), { overlap_seconds: 31 * 86_400 });
    expect(await errorOf(rotation)).toMatchObject({ status: 400, param: 'overlap_seconds' });
  });

  test('finds no key of another organization', async () => {
    const { owner } = await gateway.createOrganization();
    const key = await create();
    for (const [method, more] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
    ] as const) {
      expect((await owner.send(method, at(key, more), method === 'GET' || method === 'DELETE' ? undefined : {})).status).toBe(404);
    }
    expect(await statusWith(key)).toBe(200);
  });
});
