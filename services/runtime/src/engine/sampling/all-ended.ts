/**
 * Like Promise.all, but rejects only once all have ended: what still reads a step's logits must not run into the next step.
 */
export async function allEnded<Values extends readonly unknown[]>(promises: {
  readonly [Key in keyof Values]: Promise<Values[Key]> | Values[Key];
}): Promise<Values> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
