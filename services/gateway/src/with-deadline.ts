/** What the promise gives, or a rejection when it gives nothing in time; `who` is the one that did not answer. */
export function withDeadline<Value>(promise: Promise<Value>, ms: number, who: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${who} did not answer within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
