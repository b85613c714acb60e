import type { Database } from '@sluice/prisma/client';
import { Redis } from 'ioredis';

/** Every value of every table. */
export async function textOfDatabase(db: Database): Promise<string> {
  const [row] = await db.$queryRaw<[{ text: string }]>`SELECT database_to_xml(false, true, '')::text AS text`;
  return row.text;
}

/** Every key of one logical database, with its value. Not `DUMP`, which compresses. */
export async function textOfRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const names = await redis.keys('*');
    const values = await Promise.all(names.map(async (name) => [name, await valueOf(redis, name)]));
    return JSON.stringify(values);
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, name: string): Promise<unknown> {
  const type = await redis.type(name);
  switch (type) {
    case 'string':
      return redis.get(name);
    case 'hash':
      return redis.hgetall(name);
    case 'list':
      return redis.lrange(name, 0, -1);
    case 'set':
      return redis.smembers(name);
    case 'zset':
      return redis.zrange(name, 0, '-1');
    case 'stream':
      return redis.xrange(name, '-', '+');
    // Gone meanwhile.
    case 'none':
      return undefined;
    default:
      throw new Error(`nobody reads a ${type} here`);
  }
}
