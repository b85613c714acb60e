import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { Script, ScriptedPiece } from './scripted-session.ts';

/** Says these tokens, with a pause before each. */
export function say(tokens: readonly string[], options: { pauseMs?: number; promptTokens?: number } = {}): Script {
  return async (_request, run) => {
    run.start(options.promptTokens ?? 7);
    for (const token of tokens) {
      if (options.pauseMs) await delay(options.pauseMs, undefined, { signal: run.signal }).catch(() => undefined);
      if (run.signal.aborted) return;
      run.token(token);
    }
    run.finish();
  };
}

/** Says `token 0`, `token 1`, … for ever, with a pause after each; ends only when it is cancelled. */
export function sayForever(pauseMs: number): Script {
  return async (_request, run) => {
    run.start(7);
    for (let i = 0; !run.signal.aborted; i++) {
      run.token(`token ${i} `);
      await delay(pauseMs);
    }
  };
}

/** Sends these pieces, each in a frame of its own, then ends as it is told. */
export function sayPieces(pieces: readonly ScriptedPiece[], finish: (run: Parameters<Script>[1]) => void = (run) => run.finish()): Script {
  return async (_request, run) => {
    run.start(7);
    for (const piece of pieces) {
      run.piece(piece);
      await nextTurn();
    }
    finish(run);
  };
}

/** A script that keeps the requests it answers, in order. */
export function remembering(script: Script): { readonly script: Script; readonly requests: GenerateRequest__Output[] } {
  const requests: GenerateRequest__Output[] = [];
  return {
    requests,
    script: (request, run) => {
      requests.push(request);
      return script(request, run);
    },
  };
}

/** Fails before the first token. */
export function failWith(code: string, message: string, param?: string): Script {
  return (_request, run) => run.fail(code, message, param);
}

/** Says these tokens, then the worker dies. */
export function crashAfter(tokens: readonly string[]): Script {
  return async (_request, run) => {
    run.start(7);
    for (const token of tokens) run.token(token);
    // The tokens leave first.
    await delay(50);
    run.crash();
  };
}
