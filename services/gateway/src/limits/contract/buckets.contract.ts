import { describe, expect, test } from '@jest/globals';
import { demandOf, monthlyTokens, newScope, place, requests, tokens } from '../../test-support/demands.ts';
import type { BucketDemand, Decision, Demand, Limiter } from '../limiter.ts';
import type { StartLimiter } from './limiter-harness.ts';

export function describeBuckets(start: StartLimiter): void {
  describe('buckets', () => {
    const take = (limiter: Limiter, ...buckets: BucketDemand[]): Promise<Decision> => limiter.decide(demandOf({ buckets }));
    const look = (limiter: Limiter, bucket: BucketDemand): Promise<Decision> =>
      limiter.decide(demandOf({ buckets: [bucket], takes: false }));
    const remaining = async (limiter: Limiter, bucket: BucketDemand): Promise<number | undefined> => {
      const answer = await look(limiter, bucket);
      return answer.kind === 'granted' ? answer.buckets[0]?.remaining : undefined;
    };

    test('grant up to the limit at once, and tell what is left and when they are full again', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const bucket = requests(newScope(), { limit: 3 });
      const answers = [await take(limiter, bucket), await take(limiter, bucket), await take(limiter, bucket)];
      expect(answers.map((answer) => answer.kind === 'granted' && answer.buckets[0])).toEqual([
        { unit: 'requests', limit: 3, remaining: 2, resetMs: 20_000 },
        { unit: 'requests', limit: 3, remaining: 1, resetMs: 40_000 },
        { unit: 'requests', limit: 3, remaining: 0, resetMs: 60_000 },
      ]);
      expect(await take(limiter, bucket)).toEqual({
        kind: 'refused',
        buckets: [{ unit: 'requests', limit: 3, remaining: 0, resetMs: 60_000 }],
        by: { kind: 'bucket', index: 0, waitMs: 20_000 },
        position: undefined,
      });
    });

    test('refill continuously: after the wait that was told it is granted, and a millisecond before it is not', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const bucket = requests(newScope(), { limit: 7, cost: 7 });
      await take(limiter, bucket);
      const one = { ...bucket, cost: 1 };
      const refused = await take(limiter, one);
      const waitMs = refused.kind === 'refused' && refused.by.kind === 'bucket' ? refused.by.waitMs : 0;
      expect(waitMs).toBe(Math.ceil(60_000 / 7));
      jump(waitMs - 1);
      expect(await take(limiter, one)).toMatchObject({ kind: 'refused', by: { waitMs: 1 } });
      jump(1);
      expect(await take(limiter, one)).toMatchObject({ kind: 'granted' });
    });

    test('lose no fraction of a unit, however small the steps in which they are asked', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const bucket = requests(newScope(), { limit: 3, periodMs: 1_000 });
      let granted = 0;
      for (let ms = 0; ms < 2_000; ms += 7) {
        if ((await take(limiter, bucket)).kind === 'granted') granted += 1;
        jump(7);
      }
      // All of the bucket, and two periods' refill less the part that has not made a whole one.
      expect(granted).toBe(3 + 5);
    });

    test('hold no more than the limit after a long rest', async () => {
      await using harness = await start();
      const bucket = requests(newScope(), { limit: 3 });
      await take(harness.limiter, bucket);
      await harness.pass(600_000);
      expect(await remaining(harness.limiter, bucket)).toBe(3);
    });

    test('a cost that the bucket never holds is refused for good', async () => {
      await using harness = await start();
      expect(await take(harness.limiter, tokens(newScope(), { limit: 100, cost: 101 }))).toMatchObject({
        kind: 'refused',
        by: { kind: 'bucket_too_small', index: 0 },
      });
    });

    test('a limit of nothing lets nothing through', async () => {
      await using harness = await start();
      const bucket = requests(newScope(), { limit: 0 });
      expect(await take(harness.limiter, bucket)).toMatchObject({
        by: { kind: 'bucket_too_small' },
        buckets: [{ remaining: 0, resetMs: 0 }],
      });
    });

    test('a raised limit counts at once, and so does a lowered one', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const bucket = requests(newScope(), { limit: 2 });
      await take(limiter, bucket);
      await take(limiter, bucket);
      expect((await take(limiter, bucket)).kind).toBe('refused');
      expect(await take(limiter, { ...bucket, limit: 5 })).toMatchObject({ kind: 'granted', buckets: [{ remaining: 2 }] });
      expect(await take(limiter, { ...bucket, limit: 1 })).toMatchObject({
        kind: 'refused',
        buckets: [{ remaining: 0, resetMs: 180_000 }],
      });
    });

    test('what costs nothing is let through, even where nothing is left', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const bucket = requests(newScope(), { limit: 1 });
      await take(limiter, bucket);
      expect((await take(limiter, { ...bucket, cost: 0 })).kind).toBe('granted');
      expect((await take(limiter, { ...bucket, limit: 0, cost: 0 })).kind).toBe('granted');
    });

    test('are taken from all together or not at all', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const [wide, narrow] = [requests(newScope('organization')), requests(newScope('key'), { limit: 1 })];
      await take(limiter, wide, narrow);
      for (let i = 0; i < 5; i++) expect((await take(limiter, wide, narrow)).kind).toBe('refused');
      expect(await remaining(limiter, wide)).toBe(9);
    });

    test('nothing is taken from a bucket when a gauge or a meter refuses', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const bucket = requests(scope);
      const meter = monthlyTokens(scope, { limit: 1 });
      await limiter.seedMeter(meter, 0);
      const demands: Partial<Demand>[] = [{ gauges: [place(scope, { limit: 0 })] }, { meters: [meter] }];
      for (const demand of demands) expect((await limiter.decide(demandOf({ buckets: [bucket], ...demand }))).kind).toBe('refused');
      expect(await remaining(limiter, bucket)).toBe(10);
    });

    test('of several that refuse, the one with the longest wait is told', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const minute = requests(newScope(), { limit: 1 });
      const day = requests(minute.scope, { resource: 'rpd', limit: 1, periodMs: 86_400_000 });
      await take(limiter, minute, day);
      expect(await take(limiter, minute, day)).toMatchObject({ by: { kind: 'bucket', index: 1, waitMs: 86_400_000 } });
    });

    test('of a wait and a refusal for good, the latter is told', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const bucket = requests(scope, { limit: 1 });
      await take(limiter, bucket);
      expect(await take(limiter, bucket, tokens(scope, { cost: 2_000 }))).toMatchObject({ by: { kind: 'bucket_too_small', index: 1 } });
      const meter = monthlyTokens(scope, { limit: 5 });
      await limiter.seedMeter(meter, 5);
      expect(await limiter.decide(demandOf({ buckets: [bucket], meters: [meter] }))).toMatchObject({
        by: { kind: 'meter', isFinal: true },
      });
    });

    test('of different scopes and resources have nothing to do with each other', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const bucket = requests(newScope(), { limit: 1 });
      await take(limiter, bucket);
      expect((await take(limiter, { ...bucket, resource: 'rpm@embeddings' })).kind).toBe('granted');
      expect((await take(limiter, { ...bucket, scope: newScope() })).kind).toBe('granted');
    });

    test('looking takes nothing, and sees what others took', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const bucket = requests(newScope(), { limit: 5 });
      await take(limiter, bucket);
      for (let i = 0; i < 10; i++) expect(await remaining(limiter, bucket)).toBe(4);
      expect(await look(limiter, tokens(newScope()))).toMatchObject({ kind: 'granted', totalTokens: undefined });
    });

    test('a clock that goes back refills nothing, and takes nothing away', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const bucket = requests(newScope(), { limit: 2 });
      await take(limiter, bucket);
      jump(-20_000);
      expect(await take(limiter, bucket)).toMatchObject({ kind: 'granted', buckets: [{ remaining: 0, resetMs: 80_000 }] });
      expect(await take(limiter, bucket)).toMatchObject({ by: { kind: 'bucket', waitMs: 50_000 } });
      jump(20_000);
      expect((await take(limiter, bucket)).kind).toBe('refused');
      jump(30_000);
      expect((await take(limiter, bucket)).kind).toBe('granted');
    });

    test('a clock that was far ahead holds nobody up once it is right again', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const bucket = requests(newScope(), { limit: 1 });
      jump(86_400_000);
      await take(limiter, bucket);
      jump(-86_400_000);
      expect(await take(limiter, bucket)).toMatchObject({ by: { kind: 'bucket', waitMs: 60_000 } });
      jump(60_000);
      expect((await take(limiter, bucket)).kind).toBe('granted');
    });

    test('five times the limit offered at once: exactly the limit is granted', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const bucket = requests(newScope(), { limit: 40 });
      const answers = await Promise.all(Array.from({ length: 200 }, () => take(limiter, bucket)));
      expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(40);
    });
  });
}
