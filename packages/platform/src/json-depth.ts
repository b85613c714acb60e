/** Deeper than what anybody writes, and far from where a function that calls itself for each level ends the stack. */
export const JSON_DEPTH_MAX = 128;

/** Whether arrays and objects nest deeper than that; `[]` is one deep. Any depth is safe to ask about. */
export function isDeeperThan(value: unknown, depthMax: number): boolean {
  let level = [value].filter(isNested);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap((nested) => Object.values(nested)).filter(isNested);
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
