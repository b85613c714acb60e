import { ConfigError } from '@sluice/platform/config';
import type { Command } from './command.ts';
import { readConfig } from './config.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Sluice serves language models behind an OpenAI-compatible API.

  ./sluice up                start everything and stay until Ctrl-C
      --detach                 return when it is ready and leave it running
      --json                   print one JSON object instead of text
      --port N                 where the API listens (8080, or a free port)
  ./sluice chat [message]    talk to the running model
  ./sluice status [--json]   what is running
  ./sluice logs [service]    what it says; -f follows
  ./sluice down              stop it

  ./sluice admin             who may use it, with which keys, how much, at what price
  ./sluice test [args]       run the tests; arguments go to jest
  ./sluice check             format, lint and type checks
  ./sluice prisma <args>     prisma's command line on the running stack's database

Environment: SLUICE_HOME (data folder, one stack each), SLUICE_MODEL (a .gguf or .yaml
file, or hf:user/repo:file), SLUICE_MODELS (several, or a folder), DATABASE_URL and REDIS_URL (yours instead of embedded ones),
SLUICE_URL and SLUICE_ADMIN_KEY (another gateway to administer).
`;

/** Loaded when they are asked for: `admin` should not wait for what `up` needs. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  up: async () => (await import('./commands/up.ts')).up,
  down: async () => (await import('./commands/down.ts')).down,
  status: async () => (await import('./commands/status.ts')).status,
  logs: async () => (await import('./commands/logs.ts')).logs,
  chat: async () => (await import('./commands/chat.ts')).chat,
  admin: async () => (await import('./commands/admin.ts')).admin,
  test: async () => (await import('./commands/test.ts')).test,
  check: async () => (await import('./commands/check.ts')).check,
  prisma: async () => (await import('./commands/prisma.ts')).prisma,
  supervise: async () => (await import('./commands/supervise.ts')).supervise,
};

/** Those without a help of their own. */
const EXPLAINED_BY_HELP = new Set(['up', 'down', 'status', 'logs', 'chat', 'check']);

process.exitCode = await run(process.argv.slice(2));

async function run([name = 'help', ...args]: string[]): Promise<number> {
  if (EXPLAINED_BY_HELP.has(name) && isHelp(args[0])) {
    process.stdout.write(HELP);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    const isAsked = name === 'help' || isHelp(name);
    (isAsked ? process.stdout : process.stderr).write(isAsked ? HELP : `There is no command "${name}".\n\n${HELP}`);
    return isAsked ? 0 : 2;
  }
  try {
    const command = await load();
    return await command(args, readConfig());
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

function isHelp(arg: string | undefined): boolean {
  return arg === '--help' || arg === '-h';
}
