import { type Logger, pino } from 'pino';

export type { Logger };

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A logger that writes one JSON object a line to standard error, with ISO 8601 UTC times. */
export function createLogger(name: string, level: LogLevel): Logger {
  return pino(
    { name, level, timestamp: pino.stdTimeFunctions.isoTime, base: {} },
    pino.destination({ fd: 2, sync: true }),
  );
}
