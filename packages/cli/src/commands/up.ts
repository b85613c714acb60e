import { isRunning } from '@sluice/stack/process-identity';
import { runningStack, type StackState } from '@sluice/stack/stack-state';
import { parseCommandLine, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { startDetached } from '../detached.ts';
import { readyText } from '../ready-text.ts';
import { runStack } from '../run-stack.ts';
import { terminalReport } from '../terminal-report.ts';
import { UsageError } from '../usage-error.ts';

const PORT_MAX = 65_535;

/** Starts the stack of the home folder, or shows the one that runs there already. */
export const up: Command = async (args, config) => {
  const { values } = parseCommandLine({
    args: [...args],
    options: {
      detach: { type: 'boolean', short: 'd', default: false },
      json: { type: 'boolean', default: false },
      port: { type: 'string' },
    },
  });
  const port = values.port === undefined ? undefined : parsePort(values.port);
  const running = runningStack(config.home);
  if (running) return showRunning(config, running, values.json);
  const report = terminalReport(config, { isJson: values.json, isDetached: values.detach });
  return values.detach ? startDetached(config, { port, report }) : runStack(config, { port, report });
};

function showRunning({ command, home }: CliConfig, { info, supervisor, parts }: StackState, isJson: boolean): number {
  if (!info) throw new UsageError(`Process ${supervisor.pid} is starting a stack in ${home.root} at this moment.`);
  const dead = parts.filter(({ identity }) => !isRunning(identity)).map(({ name }) => name);
  if (dead.length > 0)
    throw new UsageError(`Sluice is running in ${home.root}, but without its ${dead.join(' and ')}. First ${command} down, then up again.`);
  if (isJson) process.stdout.write(`${JSON.stringify(info)}\n`);
  else process.stdout.write(`Sluice is running in ${info.home} already.\n${readyText(info, { command, stop: `${command} down` })}`);
  return 0;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX)
    throw new UsageError(`--port must be a number from 1 to ${PORT_MAX}, not "${text}".`);
  return port;
}
