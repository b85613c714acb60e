import { z } from 'zod';
import { reportBuckets, REPORT_FLAGS, type Report } from '../bucket-report.ts';
import { choice } from '../flag.ts';
import { formatUsd } from '../format.ts';
import { verb, type Noun } from '../verb.ts';

const resultShape = z.looseObject({ amount: z.object({ value: z.number() }) });
type Result = z.infer<typeof resultShape>;

const REPORT: Report<Result> = {
  path: '/v1/organization/costs',
  result: resultShape,
  groups: { model: 'line_item', project: 'project_id', key: 'api_key_id', user: 'user_id' },
  measures: [{ title: 'COST', of: ({ amount }) => amount.value, format: formatUsd }],
  weigh: ({ amount }) => amount.value,
};

export const costs: Noun = {
  about: 'what requests cost by day, model, project, key or user',
  verbs: {
    '': verb({
      about: 'show what requests cost by day, model, project, key or user',
      flags: { ...REPORT_FLAGS, bucket: choice(['1d'], 'tell days apart, which are those of UTC') },
      notes: ['At the prices that were in force when each request ended.'],
      run: (call) => reportBuckets(call, REPORT),
    }),
  },
};
