type ProfileNode = {
  readonly id: number;
  readonly children?: readonly number[] | undefined;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
};

/** What `node --cpu-prof` writes, as far as it is read here. */
export type CpuProfile = {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

export type FunctionShare = { readonly name: string; readonly percent: number };

const IDLE = new Set(['(idle)', '(program)', '(root)']);

/** Where the processor time went, by function itself without what it calls; the time that nothing ran is left out. Largest first. */
export function topFunctions(profile: CpuProfile): FunctionShare[] {
  return shares(profile, nameOf);
}

/** The same by package: Node's own modules, a dependency, or a folder of this repository. */
export function topPackages(profile: CpuProfile): FunctionShare[] {
  return shares(profile, ({ callFrame: { functionName, url } }) => {
    if (url === '') return functionName === '(garbage collector)' ? functionName : 'native';
    if (url.startsWith('node:')) return 'node';
    const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    return dependency ?? shortUrl(url).split('/').slice(0, 4).join('/');
  });
}

/** Our own functions by the time in them and in all that they call, on the same stack; what they awaited is not in it. */
export function topStages(profile: CpuProfile): FunctionShare[] {
  const { nodes } = profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = timesOf(profile);
  const times = new Map<string, number>();
  const children = new Set(nodes.flatMap((node) => node.children ?? []));
  // Deep enough for any stack of a server; V8 cuts them at 255 frames itself.
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (!node) return 0;
    const name = isOurs(node.callFrame.url) ? nameOf(node) : undefined;
    const isOutermost = name !== undefined && !above.has(name);
    const inside = isOutermost ? new Set([...above, name]) : above;
    const time = (own.get(id) ?? 0) + (node.children ?? []).reduce((sum, child) => sum + visit(child, inside), 0);
    if (isOutermost) times.set(name, (times.get(name) ?? 0) + time);
    return time;
  };
  const total = nodes.filter(({ id }) => !children.has(id)).reduce((sum, { id }) => sum + visit(id, new Set()), 0);
  return toShares(times, total);
}

function shares(profile: CpuProfile, groupOf: (node: ProfileNode) => string): FunctionShare[] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [id, time] of timesOf(profile)) {
    const node = byId.get(id);
    if (!node) continue;
    const group = groupOf(node);
    times.set(group, (times.get(group) ?? 0) + time);
    total += time;
  }
  return toShares(times, total);
}

/** Microseconds by node, idle ones left out. */
function timesOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<number, number> {
  const idle = new Set(nodes.filter(({ callFrame }) => IDLE.has(callFrame.functionName)).map(({ id }) => id));
  const times = new Map<number, number>();
  samples.forEach((id, i) => {
    // A delta is the time from the sample before to this one, so the next one tells how long this one's function ran.
    if (!idle.has(id)) times.set(id, (times.get(id) ?? 0) + (timeDeltas[i + 1] ?? 0));
  });
  return times;
}

function toShares(times: ReadonlyMap<string, number>, total: number): FunctionShare[] {
  return [...times].map(([name, time]) => ({ name, percent: (100 * time) / total })).toSorted((a, b) => b.percent - a.percent);
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const place = url === '' ? '' : ` ${shortUrl(url)}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}

function shortUrl(url: string): string {
  return url
    .replace(/^file:\/\//, '')
    .replace(/^.*node_modules\//, '')
    .replace(/^.*\/(?=(?:services|packages|proto|prisma)\/)/, '');
}

function isOurs(url: string): boolean {
  return /\/(?:services|packages|prisma|proto)\//.test(url) && !url.includes('/node_modules/');
}
