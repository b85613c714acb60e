import { execFileSync } from 'node:child_process';

export type UnixUser = { readonly uid: number; readonly gid: number };

/** Postgres refuses to run as root: the user to run it as, made when it is missing; undefined where this process is not root. */
export function postgresUser(): UnixUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return lookUp() ?? create();
}

function lookUp(): UnixUser | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function create(): UnixUser {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], {
      stdio: 'ignore',
    });
  } catch {
    // Another stack may have made it in the meantime, or this system has no useradd.
  }
  const user = lookUp();
  if (!user)
    throw new Error(
      'Postgres does not run as root, and a user named "postgres" could not be made. Run as another user, or set DATABASE_URL.',
    );
  return user;
}
