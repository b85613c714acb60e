import { z } from 'zod';
import { limits, text } from '../flag.ts';
import { formatTime, NOTHING } from '../format.ts';
import { describeLimits } from '../limit-flag.ts';
import { limitsShape } from '../shapes.ts';
import { renderFacts } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { requireSome } from '../wanted.ts';

const PATH = '/sluice/v1/organization';

const organizationShape = z.object({
  id: z.string(),
  name: z.string(),
  timezone: z.string(),
  limits: limitsShape,
  created_at: z.number(),
});
type Organization = z.infer<typeof organizationShape>;

export const organization: Noun = {
  about: 'what holds for everybody together',
  verbs: {
    show: verb({
      about: 'show the organization',
      run: async ({ api }) => {
        const { json, value } = await api.get(PATH, organizationShape);
        return { json, text: describe(value) };
      },
    }),
    set: verb({
      about: 'change the organization; what is not named stays as it is',
      flags: {
        name: text('NAME', 'another name'),
        timezone: text('ZONE', 'where months begin, such as Europe/Vienna'),
        limit: limits('a limit on all projects together'),
      },
      run: async ({ api, flags }) => {
        requireSome(flags);
        const { json, value } = await api.patch(PATH, organizationShape, {
          name: flags.name,
          timezone: flags.timezone,
          limits: flags.limit,
        });
        return { json, text: describe(value) };
      },
    }),
  },
};

function describe(organization: Organization): string {
  return renderFacts([
    ['name', organization.name],
    ['id', organization.id],
    ['time zone', organization.timezone],
    ['limits', describeLimits(organization.limits).join(', ') || NOTHING],
    ['created', formatTime(organization.created_at)],
  ]);
}
