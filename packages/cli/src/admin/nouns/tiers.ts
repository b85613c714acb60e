import { z } from 'zod';
import { urlPath } from '../admin-api.ts';
import { endpointLimitsFlag, mergeEndpointLimits } from '../endpoint-limit-flag.ts';
import { choice, duration, limits, list, text, wholeNumber, wholeNumberOrNone, type Flags, type FlagValues } from '../flag.ts';
import { formatCount, formatList, formatUsd, NOTHING } from '../format.ts';
import { describeLimits } from '../limit-flag.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { deletedShape, limitsShape } from '../shapes.ts';
import { renderFacts, type Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { requireSome } from '../wanted.ts';

const TIERS = '/sluice/v1/tiers';
const ARGS = { tier: 'a tier’s id' };
const TOKENS = { min: 1, max: 10_000_000 };

const tierShape = limitsShape.extend({
  id: z.string(),
  name: z.string(),
  context_tokens_max: z.number().nullable(),
  output_tokens_max: z.number().nullable(),
  allowed_models: z.array(z.string()),
  endpoint_limits: z.record(z.string(), limitsShape),
  queue_priority: z.number(),
  queue_depth_max: z.number(),
  queue_deadline_ms: z.number(),
  overload_share_percent: z.number(),
  on_limiter_down: z.string(),
});
type Tier = z.infer<typeof tierShape>;

const SETTINGS = {
  limit: limits('a limit of each project'),
  'endpoint-limit': endpointLimitsFlag('a tighter limit of one endpoint'),
  models: list('MODELS', 'the only models, or "any"'),
  'context-tokens': wholeNumberOrNone('N', 'the most that prompt and output may have together', TOKENS),
  'output-tokens': wholeNumberOrNone('N', 'the most that an answer may have', TOKENS),
  queue: wholeNumber('N', 'requests that may wait for a limit instead of being refused', { min: 0, max: 100_000 }),
  'queue-wait': duration('30s', 'how long each may wait'),
  priority: wholeNumber('N', 'whose requests go first: the larger number', { min: -1_000, max: 1_000 }),
  'overload-share': wholeNumber('PERCENT', 'how much of the capacity it may hold under overload', { min: 0, max: 100 }),
  'when-limits-are-down': choice(['refuse', 'local'], 'refuse requests, or serve each gateway’s share'),
} satisfies Flags;

const COLUMNS: readonly Column<Tier>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'NAME', cell: ({ name }) => name, isElastic: true, isOptional: true },
  count('RPM', 'requests_per_minute'),
  count('RPD', 'requests_per_day'),
  count('TPM', 'tokens_per_minute'),
  count('AT ONCE', 'concurrent_requests'),
  count('TOKENS/MONTH', 'monthly_tokens'),
  {
    title: 'USD/MONTH',
    align: 'right',
    cell: ({ monthly_budget_usd: usd }) => (typeof usd === 'number' ? formatUsd(usd) : NOTHING),
    isOptional: true,
  },
  { title: 'MODELS', cell: ({ allowed_models: models }) => formatList(models), isElastic: true, isOptional: true },
];

export const tiers: Noun = {
  about: 'what projects of a kind may use',
  verbs: {
    list: verb({
      about: 'list tiers',
      flags: PAGE,
      run: async ({ api, flags, terminal: { width } }) =>
        listView(await api.get(TIERS, pageOf(tierShape), pageQuery(flags)), COLUMNS, { width, empty: 'There are no tiers.' }),
    }),
    create: verb({
      about: 'make a tier; without limits it has none',
      args: { tier: 'its id, which cannot be changed: small letters, digits, - and _' },
      flags: { name: text('NAME', 'what people call it (the id)'), ...SETTINGS },
      run: async ({ api, args, flags: { name = args.tier, ...settings } }) => {
        const { json, value } = await api.post(TIERS, tierShape, { id: args.tier, name, ...toBody(settings, {}) });
        return { json, text: `Made the tier ${value.id}.\n\n${describe(value)}` };
      },
    }),
    show: verb({
      about: 'show a tier',
      args: ARGS,
      run: async ({ api, args }) => {
        const { json, value } = await api.get(urlPath`/sluice/v1/tiers/${args.tier}`, tierShape);
        return { json, text: describe(value) };
      },
    }),
    set: verb({
      about: 'change a tier; what is not named stays as it is',
      args: ARGS,
      flags: { name: text('NAME', 'another name'), ...SETTINGS },
      run: async ({ api, args, flags: { name, ...settings } }) => {
        requireSome({ name, ...settings });
        const path = urlPath`/sluice/v1/tiers/${args.tier}`;
        // The gateway takes the limits of endpoints as a whole.
        const before = settings['endpoint-limit'] && (await api.get(path, tierShape)).value.endpoint_limits;
        const { json, value } = await api.patch(path, tierShape, { name, ...toBody(settings, before ?? {}) });
        return { json, text: describe(value) };
      },
    }),
    delete: verb({
      about: 'delete a tier that no project has',
      args: ARGS,
      warning: ({ args }) => Promise.resolve(`Delete the tier ${args.tier}?`),
      run: async ({ api, args }) => {
        const { json } = await api.delete(urlPath`/sluice/v1/tiers/${args.tier}`, deletedShape);
        return { json, text: `Deleted the tier ${args.tier}.\n` };
      },
    }),
  },
};

function toBody(flags: FlagValues<typeof SETTINGS>, endpointLimits: Tier['endpoint_limits']) {
  const { limit, models, queue, priority } = flags;
  const wait = flags['queue-wait'];
  return {
    ...limit,
    endpoint_limits: flags['endpoint-limit'] && mergeEndpointLimits(endpointLimits, flags['endpoint-limit']),
    allowed_models: models,
    context_tokens_max: flags['context-tokens'],
    output_tokens_max: flags['output-tokens'],
    queue_depth_max: queue,
    queue_deadline_ms: wait === undefined ? undefined : wait * 1_000,
    queue_priority: priority,
    overload_share_percent: flags['overload-share'],
    on_limiter_down: flags['when-limits-are-down'],
  };
}

type CountName = 'requests_per_minute' | 'requests_per_day' | 'tokens_per_minute' | 'concurrent_requests' | 'monthly_tokens';

function count(title: string, name: CountName): Column<Tier> {
  return { title, align: 'right', cell: ({ [name]: value }) => (typeof value === 'number' ? formatCount(value) : NOTHING) };
}

function describe(tier: Tier): string {
  const { context_tokens_max: context, output_tokens_max: output, queue_depth_max: queue } = tier;
  const byEndpoint = Object.entries(tier.endpoint_limits).map(([endpoint, own]) => `${endpoint}: ${describeLimits(own).join(', ')}`);
  return renderFacts([
    ['id', tier.id],
    ['name', tier.name],
    ['limits', describeLimits(tier).join(', ') || NOTHING],
    ...byEndpoint.map((line) => ['', line] as const),
    ['models', formatList(tier.allowed_models)],
    ['context', context === null ? 'the model’s' : `${formatCount(context)} tokens at most`],
    ['output', output === null ? 'what the context has left' : `${formatCount(output)} tokens at most`],
    [
      'queue',
      queue === 0 ? 'none: refused at once' : `${formatCount(queue)} requests, each for ${tier.queue_deadline_ms / 1_000} s at most`,
    ],
    ['priority', String(tier.queue_priority)],
    ['overload', `${tier.overload_share_percent} % of the capacity`],
    ['limits down', tier.on_limiter_down === 'refuse' ? 'requests are refused' : 'each gateway serves its share'],
  ]);
}
