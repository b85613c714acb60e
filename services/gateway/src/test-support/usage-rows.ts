import type { RequestRow } from '@sluice/prisma/append-requests';
import * as fc from 'fast-check';
import { requestRow } from '@sluice/testing/request-row';

/** Random requests of a few projects, users, keys and models within a time. Always the same for the same arguments. */
export function randomRows(
  count: number,
  { startMs, endMs, seed }: { startMs: number; endMs: number; seed: number },
): readonly RequestRow[] {
  const random = fc.record({
    projectId: fc.constantFrom('proj_a', 'proj_b', 'proj_other'),
    userId: fc.constantFrom('', 'user_1', 'user_2'),
    model: fc.constantFrom('', 'alpha', 'beta', 'beta:tuned'),
    endpoint: fc.constantFrom('chat.completions', 'completions', 'embeddings'),
    outcome: fc.constantFrom('completed', 'failed', 'cancelled', 'refused'),
    statusCode: fc.constantFrom(200, 429, 500),
    tries: fc.nat({ max: 2 }),
    promptTokens: fc.nat({ max: 5_000 }),
    completionTokens: fc.nat({ max: 5_000 }),
    costNanoUsd: fc.nat({ max: 2_000_000_000 }),
    createdAt: fc.integer({ min: startMs, max: endMs - 1 }).map((ms) => new Date(ms)),
  });
  return fc.sample(random, { numRuns: count, seed }).map((change, i) => {
    // A key belongs to one project, and to one user at most.
    const apiKeyId = `key_${i % 3}_${change.projectId}_${change.userId}`;
    return requestRow(Object.assign(change, { apiKeyId, cachedTokens: Math.floor(change.promptTokens / 3) }));
  });
}
