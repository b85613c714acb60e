import { Fault } from '@sluice/platform/fault';
import type { Constraint } from '@sluice/proto/v1/Constraint';
import type { GenerationJob } from '../inference/generation-job.ts';
import type { GenerationResult } from '../inference/generation-result.ts';

/** How workers call the constraints: they do not know which of its names a client used. */
const WORKER_PARAMS: Record<NonNullable<Constraint['kind']>, string> = {
  jsonObject: 'response_format',
  jsonSchema: 'response_format.json_schema.schema',
  regex: 'guided_regex',
  choices: 'guided_choice',
  grammar: 'guided_grammar',
};

/** A constraint that the worker refuses is refused under the name that the client gave it. */
export function nameAsAsked(result: GenerationResult, { request, constraintParam }: GenerationJob): GenerationResult {
  const { end } = result;
  const { constraint } = request;
  if (end.kind !== 'failed' || !constraint || constraintParam === undefined) return result;
  const [kind] = Object.keys(constraint) as (keyof typeof WORKER_PARAMS)[];
  const known = kind && WORKER_PARAMS[kind];
  const { code, message, param, internal } = end.fault;
  if (known === undefined || known === constraintParam || !param?.startsWith(known)) return result;
  const renamed = { message: message.replaceAll(known, constraintParam), param: constraintParam + param.slice(known.length), internal };
  return { ...result, end: { kind: 'failed', fault: new Fault(code, { ...renamed, cause: end.fault }) } };
}
