import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder that holds everything of one stack: data, secrets, logs, what is running. */
export type Home = {
  readonly root: string;
  readonly lockFile: string;
  readonly stateFile: string;
  readonly secretsFile: string;
  readonly portsFile: string;
  readonly postgresData: string;
  readonly redisData: string;
  /** Where the gateway keeps history while Redis is away. */
  readonly spool: string;
  readonly logs: string;
  logFile(part: string): string;
};

/** Names the parts of a home folder without touching the disk. */
export function homeAt(path: string): Home {
  const root = resolve(path);
  const logs = join(root, 'logs');
  return {
    root,
    lockFile: join(root, 'lock'),
    stateFile: join(root, 'stack.json'),
    secretsFile: join(root, 'secrets.json'),
    portsFile: join(root, 'ports.json'),
    postgresData: join(root, 'postgres'),
    redisData: join(root, 'redis'),
    spool: join(root, 'spool'),
    logs,
    logFile: (part) => join(logs, `${part}.log`),
  };
}

/** Makes the folder, for its owner only, where it is missing. */
export function createHome(home: Home): void {
  mkdirSync(home.root, { recursive: true, mode: 0o700 });
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  mkdirSync(home.redisData, { recursive: true, mode: 0o700 });
}
