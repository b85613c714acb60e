import { parentPort } from 'node:worker_threads';
import { toFault } from '@sluice/platform/fault';
import { READY, type GrammarAnswer, type GrammarTask } from './grammar-writer.ts';
import { writeOutputGrammar } from './write-output-grammar.ts';

/** The other thread of grammar-writer.ts: a source comes, its grammar goes. */
parentPort?.on('message', ({ id, source }: GrammarTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(answerTo(id, source));
});

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort?.postMessage(READY);

function answerTo(id: number, source: GrammarTask['source']): GrammarAnswer {
  try {
    return { id, gbnf: writeOutputGrammar(source) };
  } catch (error) {
    const { code, message, param, internal } = toFault(error);
    return { id, fault: { code, message, param, internal } };
  }
}
