import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const NAMES = ['redis-server', 'valkey-server'];
/** Where packages put servers on systems whose users do not have these folders on PATH. */
const EXTRA_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const INSTALL_DEADLINE_MS = 180_000;

const THREE_WAYS = `No Redis was found. Any one of these helps:
  - set REDIS_URL to a Redis of yours, e.g. redis://127.0.0.1:6379
  - install redis-server or valkey-server, so that it is on PATH
  - on Debian or Ubuntu, run this once as root: it installs redis-server itself`;

export type FindRedisOptions = {
  readonly env: NodeJS.ProcessEnv;
  /** Whether a Debian system may be changed; only done as root. */
  readonly mayInstall: boolean;
  /** Searched after PATH. */
  readonly extraFolders?: readonly string[];
  /** Told before the installation, which takes a while. */
  readonly onInstall?: () => void;
};

/** The path of a Redis-compatible server: found on PATH, or installed by apt. Throws a text that names every other way. */
export async function findRedisProgram(options: FindRedisOptions): Promise<string> {
  const folders = options.extraFolders ?? EXTRA_FOLDERS;
  const found = findOnPath(options.env, folders);
  if (found !== undefined) return found;
  if (!options.mayInstall || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(THREE_WAYS);
  options.onInstall?.();
  await installRedis(options.env);
  const installed = findOnPath(options.env, folders);
  if (installed === undefined) throw new Error(THREE_WAYS);
  return installed;
}

function findOnPath(env: NodeJS.ProcessEnv, extraFolders: readonly string[]): string | undefined {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...extraFolders];
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function installRedis(env: NodeJS.ProcessEnv): Promise<void> {
  const run = (command: string, ...args: string[]) =>
    promisify(execFile)(command, args, { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: INSTALL_DEADLINE_MS });
  // Another stack may be installing at this moment.
  const patient = ['-o', 'DPkg::Lock::Timeout=120'];
  try {
    await run('apt-get', ...patient, 'update', '-q');
    await run('apt-get', ...patient, 'install', '-q', '-y', '--no-install-recommends', 'redis-server');
  } catch (error) {
    throw new Error(`apt-get could not install redis-server.\n${THREE_WAYS}`, { cause: error });
  }
  // The stack runs a Redis of its own; the service that comes with the package would only hold port 6379.
  if (existsSync('/run/systemd/system')) await run('systemctl', 'disable', '--now', 'redis-server').catch(() => {});
}
