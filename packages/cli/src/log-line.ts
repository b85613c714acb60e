import { z } from 'zod';

const lineSchema = z.looseObject({
  level: z.string(),
  time: z.string().optional(),
  msg: z.string().optional(),
  err: z.looseObject({ message: z.string() }).optional(),
});
/** The same on every line, or shown elsewhere. */
const HIDDEN = new Set(['level', 'time', 'msg', 'err', 'pid', 'service', 'hostname', 'v']);

/** A JSON log line as a person reads it; any other line as it is. */
export function formatLogLine(line: string): string {
  const parsed = parseLine(line);
  if (!parsed) return line;
  const { level, time, msg, err } = parsed;
  const clock = time?.slice(11, 23) ?? '';
  const rest = Object.entries(parsed).flatMap(([name, value]) =>
    HIDDEN.has(name) ? [] : [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`],
  );
  return [clock, level.toUpperCase().padEnd(5), msg, err && `(${err.message})`, ...rest]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

function parseLine(line: string): z.infer<typeof lineSchema> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
