import { z } from 'zod';
import { reportBuckets, REPORT_FLAGS, type Report } from '../bucket-report.ts';
import { choice } from '../flag.ts';
import { formatCount } from '../format.ts';
import { verb, type Noun } from '../verb.ts';

const resultShape = z.looseObject({
  input_tokens: z.number(),
  input_cached_tokens: z.number(),
  output_tokens: z.number(),
  num_model_requests: z.number(),
});
type Result = z.infer<typeof resultShape>;

const REPORT: Report<Result> = {
  path: '/v1/organization/usage/completions',
  result: resultShape,
  groups: { model: 'model', project: 'project_id', key: 'api_key_id', user: 'user_id' },
  measures: [
    { title: 'REQUESTS', of: (result) => result.num_model_requests, format: formatCount },
    { title: 'INPUT', of: (result) => result.input_tokens, format: formatCount },
    { title: 'CACHED', of: (result) => result.input_cached_tokens, format: formatCount },
    { title: 'OUTPUT', of: (result) => result.output_tokens, format: formatCount },
  ],
  weigh: (result) => result.input_tokens + result.output_tokens,
};

export const usage: Noun = {
  about: 'requests and tokens by time, model, project, key or user',
  verbs: {
    '': verb({
      about: 'show requests and tokens by time, model, project, key or user',
      flags: { ...REPORT_FLAGS, bucket: choice(['1m', '1h', '1d'], 'how finely to tell the time (1d); whole ones, in UTC') },
      notes: ['INPUT has the cached tokens in it. Bars compare input and output together.'],
      run: (call) => reportBuckets(call, REPORT),
    }),
  },
};
