import { expect, test } from '@jest/globals';
import { createDatabase } from '@sluice/prisma/client';
import { createTestDatabase } from '@sluice/testing/test-database';
import { createPriceStore } from './price-store.ts';

test('reads every price as it stands', async () => {
  await using testDatabase = await createTestDatabase();
  const db = createDatabase(testDatabase.url, { poolMax: 1 });
  try {
    const store = createPriceStore(db);
    expect(await store.readAll()).toEqual(new Map());
    await db.modelPrice.createMany({
      data: [
        { model: 'm', inputMicroUsd: 150_000, cachedInputMicroUsd: 75_000, outputMicroUsd: 600_000 },
        { model: 'free', inputMicroUsd: 0, cachedInputMicroUsd: 0, outputMicroUsd: 0 },
      ],
    });
    expect(await store.readAll()).toEqual(
      new Map([
        ['free', { inputMicroUsd: 0, cachedInputMicroUsd: 0, outputMicroUsd: 0 }],
        ['m', { inputMicroUsd: 150_000, cachedInputMicroUsd: 75_000, outputMicroUsd: 600_000 }],
      ]),
    );
  } finally {
    await db.$disconnect();
  }
});

test('rejects while the database is away', async () => {
  const db = createDatabase('postgresql://nobody@127.0.0.1:1/none', { poolMax: 1 });
  await expect(createPriceStore(db).readAll()).rejects.toThrow();
  await db.$disconnect();
});
