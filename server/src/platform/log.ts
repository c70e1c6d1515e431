import pino from 'pino';

export type Log = pino.Logger;

/** The causes of an error that are told too. */
const CAUSES = 5;

/**
 * What the log says of an error: what went wrong and where. Whatever else hangs on it stays out: a failed statement carries its
 * parameters, and the database's details name values, which are bodies and hashes of other people.
 */
function said(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const constraint =
    'constraint' in error && typeof error.constraint === 'string'
      ? { constraint: error.constraint }
      : {};
  const cause =
    error.cause instanceof Error && depth < CAUSES ? { cause: said(error.cause, depth + 1) } : {};
  return { type: name, message, stack, ...code, ...constraint, ...cause };
}

/**
 * Structured log on standard output. Bodies, cookies and tokens are never passed to it, and errors are told without what hangs on them.
 * @param to another place than standard output
 */
export function createLog(level: string, pretty: boolean, to?: pino.DestinationStream): Log {
  const options: pino.LoggerOptions = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => said(error) },
    redact: ['req.headers.cookie', 'req.headers.authorization', 'res.headers["set-cookie"]'],
    ...(pretty ? { formatters: { level: (label) => ({ level: label }) } } : {}),
  };
  return to === undefined ? pino(options) : pino(options, to);
}
