import type { Clock } from '@sluice/platform/clock';
import type { WorkerPool } from '../routing/worker-pool.ts';
import { chatCompletionsRoute } from './chat-completions/route.ts';
import { completionsRoute } from './completions/route.ts';
import { embeddingsRoute } from './embeddings/route.ts';
import { healthRoute, readinessRoute, type Readiness } from './health/route.ts';
import { listModelsRoute, retrieveModelRoute } from './models/route.ts';
import { rerankRoutes } from './rerank/route.ts';
import type { Route } from './route.ts';
import { tokenizeRoutes } from './tokenize/route.ts';
import { watermarkRoute } from './watermark/route.ts';

type RoutesDeps = {
  readonly pool: Pick<WorkerPool, 'models' | 'requireKnown' | 'resolve'>;
  readonly clock: Clock;
  readonly checkReadiness: () => Promise<Readiness>;
};

/** Everything the gateway answers. */
export function createRoutes({ pool, clock, checkReadiness }: RoutesDeps): readonly Route[] {
  return [
    chatCompletionsRoute,
    completionsRoute,
    embeddingsRoute,
    ...rerankRoutes,
    ...tokenizeRoutes,
    watermarkRoute,
    listModelsRoute({ pool, clock }),
    retrieveModelRoute({ pool, clock }),
    healthRoute(clock),
    readinessRoute({ clock, checkReadiness }),
  ];
}
