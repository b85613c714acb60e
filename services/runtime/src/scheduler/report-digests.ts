/** With fewer names than that, a sequence is hardly ever found by the next prompt that begins like it; older ones go instead. */
const PER_SEQUENCE_MIN = 8;

/** Of a long list: the shortest beginnings are those that many prompts share, the longest are where a conversation goes on. */
const SHORTEST_PART = 1 / 2;

/**
 * The names of beginnings that are worth telling, `limit` at most. Each list is of one sequence, shortest beginning first; the
 * lists come in order of use. A long conversation leaves out the middle of its own before it takes another one's place.
 */
export function reportDigests(lists: readonly (readonly number[])[], limit: number): number[] {
  const share = Math.max(PER_SEQUENCE_MIN, Math.floor(limit / Math.max(1, lists.length)));
  const digests = new Set<number>();
  for (const list of lists) {
    for (const digest of withoutMiddle(list, share)) {
      if (digests.size === limit) return [...digests];
      digests.add(digest);
    }
  }
  return [...digests];
}

function withoutMiddle(list: readonly number[], length: number): readonly number[] {
  if (list.length <= length) return list;
  const shortest = Math.floor(length * SHORTEST_PART);
  return [...list.slice(0, shortest), ...list.slice(shortest - length)];
}
