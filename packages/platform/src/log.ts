import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

const REDACTED_PATHS = [
  'authorization',
  'apiKey',
  'password',
  'secret',
  'token',
  'headers.authorization',
  'headers.cookie',
  'headers["x-api-key"]',
  '*.authorization',
  '*.apiKey',
  '*.password',
  '*.secret',
];

/** JSON lines on stdout (or `destination`), one object an event; fields that may carry a secret are replaced by `[redacted]`. */
export function createLog(options: { service: string; level: string; destination?: DestinationStream }): Log {
  const settings = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
