/** What installers and manuals set, and what whoever tries passwords tries first. */
const WELL_KNOWN = new Set([
  'admin',
  'changeme',
  'default',
  'foobared',
  'password',
  'postgres',
  'redis',
  'root',
  'secret',
  'sluice',
  'test',
]);

/** Why a connection to another machine would be dangerous in production; undefined when it is not. A Postgres may ask for a certificate instead of a password. */
export function connectionDanger(url: string): string | undefined {
  const { hostname, password, searchParams } = new URL(url);
  if (isThisMachine(hostname) || searchParams.has('sslcert')) return undefined;
  if (password === '') return `must have a password in production: ${hostname} is another machine`;
  return WELL_KNOWN.has(password.toLowerCase()) ? 'must not have a well-known password in production' : undefined;
}

/** A URL without a host is a socket in the file system. */
function isThisMachine(hostname: string): boolean {
  return hostname === '' || hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
