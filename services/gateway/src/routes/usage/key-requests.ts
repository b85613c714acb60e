import type { Clock } from '@sluice/platform/clock';
import { RequestOutcome } from '@sluice/prisma/generated/enums';
import { z } from 'zod';
import { fromStore } from '../../store-fault.ts';
import { parseQuery } from '../../http/query.ts';
import { sendJson } from '../../http/response-head.ts';
import { readHistoryPage } from '../../usage/history-pages.ts';
import type { ReadGate } from '../../usage/read-gate.ts';
import type { RequestHistoryStore } from '../../usage/request-history-store.ts';
import type { KeyedRoute } from '../route.ts';
import { checkInterval, groupList } from './bucket-query.ts';
import { historyQuery, toInterval } from './history-query.ts';
import { toRequestObject, toRequestPage } from './request-object.ts';

type KeyRequestsDeps = { readonly history: RequestHistoryStore; readonly gate: ReadGate; readonly clock: Clock };

const query = z.strictObject({ ...historyQuery, outcomes: groupList(...Object.values(RequestOutcome)) }).superRefine(checkInterval);

/** `GET /v1/requests`: the history of the key's own requests, newest first, without what was asked and answered. */
export function keyRequestsRoute({ history, gate, clock }: KeyRequestsDeps): KeyedRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/requests',
    scope: 'usage',
    handle: async (req, res, key) => {
      const { exchange } = res.locals;
      const asked = parseQuery(query, req.url);
      const { models, endpoints, outcomes } = asked;
      const question = {
        visible: { kind: 'key', projectId: key.projectId, apiKeyId: key.id },
        filters: { models, endpoints, outcomes: outcomes.length > 0 ? outcomes : undefined },
        ...toInterval(asked),
      } as const;
      const page = await fromStore(gate.run(key.id, () => readHistoryPage(history, question, asked)));
      sendJson(res, exchange, { status: 200, json: JSON.stringify(toRequestPage(page, toRequestObject)), clock });
    },
  };
}
