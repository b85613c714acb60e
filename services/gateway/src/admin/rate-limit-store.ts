import type { Database } from '@sluice/prisma/client';
import type { ModelRateLimit } from '@sluice/prisma/generated/client';
import { limitsSchema, type Limits } from '@sluice/prisma/limits';
import type { Changes } from './change-store.ts';
import { limitsOfTier, LIMIT_PARAMS, requireStricter } from './limit-bounds.ts';
import { notFound } from './not-found.ts';
import type { Requester } from './requester.ts';
import { boundsOf, requireProject } from './project-find-store.ts';

const NAMES = ['requestsPerMinute', 'requestsPerDay', 'tokensPerMinute'] as const;
type ModelLimits = { readonly [Name in (typeof NAMES)[number]]?: number };

/** What a project's requests for one model may take. */
export type RateLimit = {
  readonly model: string;
  /** The project's own for the model. */
  readonly own: ModelLimits;
  /** What holds when the model has none: the stricter of the project's and its tier's. */
  readonly inherited: ModelLimits;
};

type LimitName = { readonly projectId: string; readonly model: string };

export type RateLimitStore = ReturnType<typeof createRateLimitStore>;

const MODELS_MAX = 10_000;
/** OpenAI's names. */
const PARAMS = {
  ...LIMIT_PARAMS,
  requestsPerMinute: 'max_requests_per_1_minute',
  requestsPerDay: 'max_requests_per_1_day',
  tokensPerMinute: 'max_tokens_per_1_minute',
};

/** `knownModels` are those that can be limited though nothing is set for them yet. */
export function createRateLimitStore(db: Database, { changes, knownModels }: { changes: Changes; knownModels: () => readonly string[] }) {
  return {
    /** By the model's name: those that are served, and those that something is set for. */
    list: async (projectId: string): Promise<readonly RateLimit[]> => {
      const project = await db.project.findUniqueOrThrow({
        where: { id: projectId },
        include: { tier: true, modelLimits: { take: MODELS_MAX } },
      });
      const inherited = strictest(limitsOfTier(project.tier), limitsSchema.parse(project.limits));
      const own = new Map(project.modelLimits.map((row) => [row.model, toLimits(row)]));
      const models = [...new Set([...knownModels(), ...own.keys()])].toSorted();
      return models.map((model) => ({ model, own: own.get(model) ?? {}, inherited }));
    },

    /** What is absent stays as it is. Throws NOT_FOUND for a model that nobody knows. */
    set: (by: Requester, { projectId, model }: LimitName, wanted: ModelLimits): Promise<RateLimit> =>
      changes(by, async (change) => {
        const project = await requireProject(change, projectId);
        const where = { projectId_model: { projectId, model } };
        const row = await change.tx.modelRateLimit.findUnique({ where });
        if (!row && !knownModels().includes(model)) throw notFound('rate limit');
        requireStricter(wanted, boundsOf(project), PARAMS);
        const after = toLimits(await change.tx.modelRateLimit.upsert({ where, update: wanted, create: { projectId, model, ...wanted } }));
        const isChange = change.record({
          type: 'rate_limit.updated',
          ...targetOf({ projectId, model }),
          before: row && { ...NOTHING, ...toLimits(row) },
          after: { ...NOTHING, ...after },
        });
        if (isChange) change.outdates(`project:${projectId}`);
        return { model, own: after, inherited: strictest(limitsOfTier(project.tier), project.limits) };
      }),

    /** Only what the project inherits holds again. Throws NOT_FOUND. */
    delete: (by: Requester, { projectId, model }: LimitName): Promise<void> =>
      changes(by, async (change) => {
        await requireProject(change, projectId);
        const where = { projectId_model: { projectId, model } };
        const row = await change.tx.modelRateLimit.findUnique({ where });
        if (!row) throw notFound('rate limit');
        await change.tx.modelRateLimit.delete({ where });
        change.record({ type: 'rate_limit.deleted', ...targetOf({ projectId, model }), before: { ...toLimits(row) }, after: null });
        change.outdates(`project:${projectId}`);
      }),
  };
}

const NOTHING = { requestsPerMinute: null, requestsPerDay: null, tokensPerMinute: null };

function toLimits(row: ModelRateLimit): ModelLimits {
  return Object.fromEntries(NAMES.flatMap((name) => (row[name] === null ? [] : [[name, row[name]]])));
}

function strictest(a: Limits, b: Limits): ModelLimits {
  const least = (name: (typeof NAMES)[number]): number => Math.min(a[name] ?? Infinity, b[name] ?? Infinity);
  return Object.fromEntries(NAMES.flatMap((name) => (least(name) === Infinity ? [] : [[name, least(name)]])));
}

function targetOf({ projectId, model }: LimitName) {
  return { target: { kind: 'rate_limit', id: `rl-${model}` }, projectId } as const;
}
