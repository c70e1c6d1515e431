import pino from 'pino';

export type Log = pino.Logger;

/** Structured log on standard output. Bodies, cookies and tokens are never passed to it. */
export function createLog(level: string, pretty: boolean): Log {
  return pino({
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['req.headers.cookie', 'req.headers.authorization', 'res.headers["set-cookie"]'],
    ...(pretty ? { formatters: { level: (label) => ({ level: label }) } } : {}),
  });
}
