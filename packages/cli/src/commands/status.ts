import { isRunning } from '@sluice/stack/process-identity';
import { readStackState } from '@sluice/stack/stack-state';
import { parseCommandLine, type Command } from '../command.ts';

const PROBE_DEADLINE_MS = 2_000;

/** Shows the parts of the stack; exits with 0 only when all of them run and the gateway is ready. */
export const status: Command = async (args, config) => {
  const { values } = parseCommandLine({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const state = readStackState(config.home);
  const parts = (state?.parts ?? []).map(({ name, identity }) => ({ name, pid: identity.pid, isRunning: isRunning(identity) }));
  const isReady = state?.info !== undefined && (await answersReady(state.info.baseUrl));
  const isWhole = state !== undefined && isRunning(state.supervisor) && isReady && parts.every((part) => part.isRunning);
  if (values.json) process.stdout.write(`${JSON.stringify({ isReady: isWhole, parts, info: state?.info ?? null })}\n`);
  else
    process.stdout.write(
      state
        ? describe({ parts, isReady, baseUrl: state.info?.baseUrl, command: config.command })
        : `Nothing is running in ${config.home.root}. Start it with ${config.command} up\n`,
    );
  return isWhole ? 0 : 1;
};

async function answersReady(baseUrl: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/readyz', baseUrl), { signal: AbortSignal.timeout(PROBE_DEADLINE_MS) })).ok;
  } catch {
    return false;
  }
}

function describe(stack: {
  parts: readonly { name: string; pid: number; isRunning: boolean }[];
  isReady: boolean;
  baseUrl: string | undefined;
  command: string;
}): string {
  const lines = stack.parts.map(({ name, pid, isRunning: runs }) => `  ${name.padEnd(10)}${runs ? 'running' : 'DEAD   '}  pid ${pid}`);
  const ready = stack.isReady
    ? `Ready at ${stack.baseUrl}`
    : stack.baseUrl === undefined
      ? 'Starting'
      : `NOT READY: ${stack.command} logs gateway says why`;
  const dead = stack.parts.find((part) => !part.isRunning)?.name;
  const advice = `${stack.command} logs ${dead} says what it said last; ${stack.command} down, then up, starts all of them again.`;
  return `${[...lines, '', ready, ...(dead === undefined ? [] : [advice])].join('\n')}\n`;
}
