import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Frees what a closed model's objects still hold. A native sampler has a candidate for each token of the vocabulary until its
 * JavaScript object is collected, of which V8 knows nothing: it sees a small object, and takes its time.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
