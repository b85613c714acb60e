import type { Profiler } from 'node:inspector';
import { figure, renderTable } from './table.ts';

/** The functions that a CPU profile finds most often at the top of the stack, with their share of the time that was not idle. */
export const hotFunctions = (profile: Profiler.Profile, limit: number): string => {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const samples = new Map<string, number>();
  for (const id of profile.samples ?? []) {
    const name = names.get(id) ?? '(unknown)';
    if (name !== '(idle)') samples.set(name, (samples.get(name) ?? 0) + 1);
  }
  const total = [...samples.values()].reduce((sum, count) => sum + count, 0);
  const hottest = [...samples].sort(([, a], [, b]) => b - a).slice(0, limit);
  return renderTable(
    [{ title: 'function', align: 'left' }, { title: '% of CPU' }],
    hottest.map(([name, count]) => [name, figure((100 * count) / total)]),
  );
};

const nameOf = ({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string => {
  const name = functionName === '' ? '(anonymous)' : functionName;
  const file = url.split('/').slice(-2).join('/');
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
};
