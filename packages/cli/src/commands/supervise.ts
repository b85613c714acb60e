import { parseCommandLine, type Command } from '../command.ts';
import { superviseDetached } from '../detached.ts';

/** What `up --detach` leaves in the background; not for typing. */
export const supervise: Command = (args, config) => {
  const { values } = parseCommandLine({ args: [...args], options: { port: { type: 'string' } } });
  return superviseDetached(config, values.port === undefined ? undefined : Number(values.port));
};
