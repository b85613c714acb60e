/** A program that `startWorker` began: answers what its parent asks, one question at a time, and ends with it. */
export function serveParent(answer: (question: unknown) => unknown): void {
  process.on('message', (question) => {
    Promise.resolve(question)
      .then(answer)
      .then(
        (value) => process.send?.({ value }),
        (error: unknown) => process.send?.({ problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => process.exit());
}
