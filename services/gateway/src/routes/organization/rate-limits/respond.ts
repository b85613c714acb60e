import type { RateLimit } from '../../../admin/rate-limit-store.ts';

/** OpenAI's object has a number where nothing limits; this is more than anything here can be limited to. */
const UNLIMITED = 1_000_000_000;
const PREFIX = 'rl-';

/** OpenAI's rate limit object: what holds for the model, and, under our name, which of it is the project's own for the model. */
export function toRateLimitObject({ model, own, inherited }: RateLimit) {
  const perDay = stricter(own.requestsPerDay, inherited.requestsPerDay);
  return {
    id: `${PREFIX}${model}`,
    object: 'project.rate_limit',
    model,
    max_requests_per_1_minute: stricter(own.requestsPerMinute, inherited.requestsPerMinute) ?? UNLIMITED,
    max_tokens_per_1_minute: stricter(own.tokensPerMinute, inherited.tokensPerMinute) ?? UNLIMITED,
    ...(perDay === undefined ? {} : { max_requests_per_1_day: perDay }),
    sluice: {
      own: {
        max_requests_per_1_minute: own.requestsPerMinute ?? null,
        max_tokens_per_1_minute: own.tokensPerMinute ?? null,
        max_requests_per_1_day: own.requestsPerDay ?? null,
      },
    },
  };
}

/** Both hold, so the tier that became stricter after the project's own was set is what tells. */
function stricter(own: number | undefined, inherited: number | undefined): number | undefined {
  if (own === undefined || inherited === undefined) return own ?? inherited;
  return Math.min(own, inherited);
}

/** Undefined for an id that names no model. */
export function modelOf(rateLimitId: string): string | undefined {
  return rateLimitId.startsWith(PREFIX) ? rateLimitId.slice(PREFIX.length) : undefined;
}
