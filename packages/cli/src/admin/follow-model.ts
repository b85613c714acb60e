import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminApi, Answer } from './admin-api.ts';
import { renderBar } from './bar.ts';
import { getModel, type Model, type ModelPlace } from './model-shape.ts';
import type { Terminal } from './terminal.ts';

const LOOK_MS = 250;
/** The gateway hears of a change from its worker, which may take it a moment. */
const HEARD_MS = 2_000;
/** As long as the gateway gives a load. */
const FOLLOW_MS_MAX = 60 * 60_000;
const BAR_WIDTH = 16;

/** Looks at a model, on the workers that are named, until it is no longer in one of these states; shows how far a load is meanwhile. */
export async function followModel(
  api: AdminApi,
  {
    model,
    workers,
    until,
    terminal,
  }: { model: string; workers: readonly string[]; until: string; terminal: Pick<Terminal, 'showProgress'> },
): Promise<Answer<Model>> {
  const startMs = performance.now();
  try {
    for (;;) {
      const answer = await getModel(api, model);
      const places = answer.value.workers.filter(({ worker }) => workers.includes(worker));
      const ageMs = performance.now() - startMs;
      const isOnItsWay = places.some((place) => isMoving(place) || (place.state !== until && !isStuck(place) && ageMs < HEARD_MS));
      if (!isOnItsWay || ageMs > FOLLOW_MS_MAX) return answer;
      terminal.showProgress(places.map(toLine).join('   '));
      await sleep(LOOK_MS);
    }
  } finally {
    terminal.showProgress(undefined);
  }
}

function isMoving({ state }: ModelPlace): boolean {
  return state === 'loading' || state === 'draining';
}

function isStuck({ state, problem }: ModelPlace): boolean {
  return state === 'failed' || state === 'unreachable' || (problem ?? '') !== '';
}

function toLine({ worker, state, load_progress: progress }: ModelPlace): string {
  return state === 'loading'
    ? `${worker} ${renderBar(progress, 1).padEnd(BAR_WIDTH)} ${Math.round(progress * 100)}%`
    : `${worker} ${state}`;
}
