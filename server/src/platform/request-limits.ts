import type { Server, ServerOptions } from 'node:http';
import type { RequestHandler } from 'express';
import { fail } from './errors';

/** Bytes of all header lines together; Node refuses more with 431. */
const HEADER_BYTES = 16 * 1024;
const HEADERS = 100;
/** Characters of path and query. */
const ADDRESS_LENGTH = 8_192;
const QUERY_FIELDS = 50;
/** Head of a request, from the moment the connection is there. */
const HEAD_MS = 20_000;
/** A connection on which nothing moves in either direction, also in the middle of a file. */
const STILL_MS = 2 * 60_000;
/** A file over a slow line may take this long to arrive. */
const UPLOAD_MS = 30 * 60_000;
/** How often Node looks for connections whose time is over. */
const LOOK_EVERY_MS = 5_000;

/** What the server takes of a connection before anybody has asked who is there. */
export const SERVER_LIMITS = {
  maxHeaderSize: HEADER_BYTES,
  headersTimeout: HEAD_MS,
  requestTimeout: UPLOAD_MS,
  connectionsCheckingInterval: LOOK_EVERY_MS,
} satisfies ServerOptions;

/** Ends connections whose other end is gone or does not read. Sockets have a heartbeat of their own. */
export function cutStill(server: Server, stillMs = STILL_MS): void {
  server.setTimeout(stillMs);
}

/** Refuses requests whose address or head is larger than any of ours. @throws too_large, invalid_input */
export const requestLimits: RequestHandler = (req, _res, next) => {
  if (req.url.length > ADDRESS_LENGTH) throw fail('too_large', { limitBytes: ADDRESS_LENGTH });
  const query = req.url.indexOf('?');
  const fields = query < 0 ? 0 : req.url.slice(query).split('&').length;
  if (fields > QUERY_FIELDS) throw tooMany('', 'query', QUERY_FIELDS);
  // Names and values in turn.
  if (req.rawHeaders.length / 2 > HEADERS) throw tooMany('', 'headers', HEADERS);
  next();
};

const tooMany = (path: string, what: string, most: number) =>
  fail('invalid_input', {
    fields: [{ path, rule: 'too_many', message: `at most ${most} ${what}` }],
  });

/**
 * A body that trickles in is cut with its connection. Not for files, which may take as long as a slow line needs.
 * @param ms from the head of the request to the last byte of its body
 */
export function bodyWithin(ms: number): RequestHandler {
  return (req, res, next) => {
    const late = setTimeout(() => req.socket.destroy(), ms);
    const done = () => clearTimeout(late);
    req.once('end', done);
    res.once('close', done);
    next();
  };
}
