import { Unsupported } from '../unsupported.ts';

/** llama.cpp refuses 2,000 and more, and takes an upper bound above that for none. */
const BLOCK = 1_000;
export const TIMES_MAX = 20_000;

/** `atom` so many times. Long repetitions are made of blocks, of which a text has one way to be cut. */
export function writeRepeat(rules: { part(body: string): string }, atom: string, times: { min: number; max: number }): string {
  const { min, max } = times;
  if (Math.max(min, max === Number.POSITIVE_INFINITY ? 0 : max) > TIMES_MAX) throw new Unsupported(`a bound above ${TIMES_MAX}`);
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? `${atom}*` : min === 1 ? `${atom}+` : `${exactly(rules, atom, min)} ${atom}*`;
  if (max <= BLOCK) return counted(atom, min, max);
  const required = min === 0 ? '' : `${exactly(rules, atom, min)} `;
  return `${required}${upTo(rules, atom, max - min)}`.trim();
}

function exactly(rules: { part(body: string): string }, atom: string, times: number): string {
  if (times <= BLOCK) return counted(atom, times, times);
  const blocks = Math.floor(times / BLOCK);
  const rest = times % BLOCK;
  const written = counted(rules.part(counted(atom, BLOCK, BLOCK)), blocks, blocks);
  return rest === 0 ? written : `${written} ${counted(atom, rest, rest)}`;
}

function upTo(rules: { part(body: string): string }, atom: string, times: number): string {
  if (times === 0) return '';
  if (times <= BLOCK) return counted(atom, 0, times);
  const block = rules.part(counted(atom, BLOCK, BLOCK));
  const tail = rules.part(counted(atom, 1, BLOCK));
  const options = [counted(atom, 0, BLOCK)];
  for (let done = BLOCK; done < times; done += BLOCK) {
    const left = Math.min(BLOCK, times - done);
    options.push(`${counted(block, done / BLOCK, done / BLOCK)} ${left === BLOCK ? tail : counted(atom, 1, left)}`);
  }
  return rules.part(options.join(' | '));
}

function counted(atom: string, min: number, max: number): string {
  if (min === 1 && max === 1) return atom;
  if (min === 0 && max === 1) return `${atom}?`;
  return min === max ? `${atom}{${min}}` : `${atom}{${min},${max}}`;
}
