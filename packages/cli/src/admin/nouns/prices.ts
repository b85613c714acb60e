import { z } from 'zod';
import { urlPath } from '../admin-api.ts';
import { required, usd } from '../flag.ts';
import { formatTime, formatUsd } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { deletedShape } from '../shapes.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';

const ARGS = { model: 'a model’s name' };

const priceShape = z.object({
  model: z.string(),
  input_usd_per_million: z.number(),
  cached_input_usd_per_million: z.number(),
  output_usd_per_million: z.number(),
  updated_at: z.number(),
});
type Price = z.infer<typeof priceShape>;

const COLUMNS: readonly Column<Price>[] = [
  { title: 'MODEL', cell: ({ model }) => model, isElastic: true },
  { title: 'INPUT', align: 'right', cell: ({ input_usd_per_million: amount }) => formatUsd(amount) },
  { title: 'CACHED', align: 'right', cell: ({ cached_input_usd_per_million: amount }) => formatUsd(amount) },
  { title: 'OUTPUT', align: 'right', cell: ({ output_usd_per_million: amount }) => formatUsd(amount) },
  { title: 'CHANGED', cell: ({ updated_at: at }) => formatTime(at), isOptional: true },
];

export const prices: Noun = {
  about: 'what models cost, in US dollars per million tokens',
  verbs: {
    list: verb({
      about: 'list prices; a model without one costs nothing',
      flags: PAGE,
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get('/sluice/v1/prices', pageOf(priceShape), pageQuery(flags));
        const view = listView(page, COLUMNS, { width, empty: 'No model has a price.' });
        return page.value.data.length === 0 ? view : { ...view, text: `${view.text}\nIn US dollars per million tokens.\n` };
      },
    }),
    set: verb({
      about: 'set a price; what ran before keeps the price it had',
      args: ARGS,
      flags: {
        input: required(usd('for a million tokens read')),
        output: required(usd('for a million tokens written')),
        cached: usd('for a million tokens found in the cache (as --input)'),
      },
      run: async ({ api, args, flags }) => {
        const body = {
          input_usd_per_million: flags.input,
          cached_input_usd_per_million: flags.cached,
          output_usd_per_million: flags.output,
        };
        const { json, value } = await api.put(urlPath`/sluice/v1/prices/${args.model}`, priceShape, body);
        const { model, input_usd_per_million: input, cached_input_usd_per_million: cached, output_usd_per_million: output } = value;
        const costs = `${formatUsd(input)} read, ${formatUsd(cached)} from the cache, ${formatUsd(output)} written`;
        return { json, text: `A million tokens of ${model} cost ${costs}.\n` };
      },
    }),
    delete: verb({
      about: 'delete a price: the model costs nothing from now on',
      args: ARGS,
      warning: ({ args }) => Promise.resolve(`Delete the price of ${args.model}? It costs nothing from then on.`),
      run: async ({ api, args }) => {
        const { json } = await api.delete(urlPath`/sluice/v1/prices/${args.model}`, deletedShape);
        return { json, text: `Deleted the price of ${args.model}.\n` };
      },
    }),
  },
};
