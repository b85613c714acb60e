import { hasRest, NO_REST, sum, weightsOf, type Candidates } from './candidates.ts';

/** What is not among the candidates is left out below this share. */
const REST_SHARE_MAX = 1e-4;

/** Divides the logits. The rest's weight must be of that temperature already. */
export function applyTemperature({ ids, logits, reference, rest }: Candidates, temperature: number): Candidates {
  return {
    ids,
    logits: logits.map((logit) => logit / temperature),
    reference: reference / temperature,
    rest: { weight: rest.weight, logitMax: rest.logitMax / temperature },
  };
}

/**
 * Divides the logits where the rest's weight is of temperature 1, so that nobody knows what it is afterwards: asks for
 * more unless it can be left out.
 */
export function applyTemperatureLast(candidates: Candidates, temperature: number): Candidates | undefined {
  if (temperature === 1 || !hasRest(candidates)) return applyTemperature(candidates, temperature);
  const { rest } = candidates;
  if (rest.weight > REST_SHARE_MAX * (sum(weightsOf(candidates)) + rest.weight)) return undefined;
  return applyTemperature({ ...candidates, rest: NO_REST }, temperature);
}
