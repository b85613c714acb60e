/** The environment of a staged container: its own variables, and nothing of ours but a PATH behind `binFolder`. */
export function containerEnvironment(binFolder: string, variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { PATH: pathWith(binFolder), ...variables };
}

/** The environment of a package manager that installs into `prefix`: ours, because proxies and certificates are told there. */
export function packageManagerEnvironment(prefix: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: pathWith(`${prefix}/bin`), npm_config_prefix: prefix };
}

/** An empty database that the migrate image may fill; without it the check is that the database is missed. */
export function migrateDatabaseUrl(): string | undefined {
  return process.env['DATABASE_URL'];
}

function pathWith(folder: string): string {
  return `${folder}:${process.env['PATH'] ?? ''}`;
}
