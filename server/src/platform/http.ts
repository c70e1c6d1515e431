import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Ack, FieldProblem } from '@otklik/shared/errors';
import { RightName } from '@otklik/shared/rights';
import type { Route } from '@otklik/shared/route';
import express, {
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type {} from 'pino-http'; // types of req.id
import type * as z from 'zod';
import { AppError, fail, toProblem } from './errors';
import type { Log } from './log';

/** Who may try at all; the fine decision is the policy's, inside the service. */
export type Access = 'public' | 'signed_in' | 'integration';

/** A route without its types. */
type AnyRoute = Pick<Route<unknown, unknown>, 'method' | 'path' | 'right' | 'socket'>;

/** One operation as the registry knows it: OpenAPI, the rights matrix and the fuzz tests are generated from these. */
export interface Operation {
  route: AnyRoute;
  input: z.ZodType;
  output: z.ZodType | 'binary';
  access: Access;
  multipart: boolean;
  /** The body is bytes, and every field is in the address. */
  bytes: boolean;
}

/** The caller's connection, for the few handlers that need it (sign-in, file answers). */
export interface Exchange {
  req: Request;
  res: Response;
}

/** Of routes whose body may take minutes to arrive. */
export interface StreamExchange extends Exchange {
  /** Asks again whether the caller is signed in. @throws not_signed_in, session_ended */
  stillSignedIn(): Promise<void>;
}

/** `socketId`: for the few commands that are about the connection itself. */
export type SocketRun<Actor> = (
  actor: Actor,
  payload: unknown,
  answer: (ack: Ack<unknown>) => void,
  socketId: string,
) => Promise<void>;

/** What serves a socket event, and the right it needs. */
export interface SocketCommand<Actor> {
  right: RightName;
  run: SocketRun<Actor>;
}

export interface ApiOptions<Actor> {
  log: Log;
  /** The signed-in actor of a request. @throws not_signed_in, session_ended */
  authenticate: (req: Request) => Promise<Actor>;
  /** Checks an integration's token against the request. @throws not_signed_in, forbidden */
  authenticateIntegration: (req: Request, route: AnyRoute) => Promise<void>;
  /** May this actor use the route at all now? @throws what stands in the way */
  admit: (actor: Actor, route: AnyRoute) => void;
  /** Hears of every file that begins to move, with the answer it ends with. */
  moves?: (actor: Actor, res: Response) => void;
  /** Hears of every refusal, over HTTP and socket. Must not fail, and nobody waits for it. */
  refused?: (refusal: RefusedCall<Actor>) => void;
}

export interface RefusedCall<Actor> {
  actor: Actor | null;
  /** Of a request; undefined for the socket. */
  address: string | undefined;
  /** Method and path, or the event; nothing of the caller's in it but ids. */
  what: string;
  error: AppError;
}

export interface Api<Actor> {
  router: Router;
  operations: Operation[];
  /** Socket event → the same handler as over HTTP. */
  commands: Map<string, SocketCommand<Actor>>;
  /** Stands behind the router: tells of what it refused, and passes it on. */
  refusals: ErrorRequestHandler;
  /** Serves a route to signed-in people; over the socket too when the route names an event: then with the socket's id, without exchange. */
  mount<In, Out, Parsed>(
    route: Route<In, Out>,
    schemas: { input: z.ZodType<Parsed, In>; output: z.ZodType<Out> },
    run: (actor: Actor, input: Parsed, exchange?: Exchange, socketId?: string) => Promise<Out>,
  ): void;
  /** Serves a route to anybody. */
  mountPublic<In, Out, Parsed>(
    route: Route<In, Out>,
    schemas: { input: z.ZodType<Parsed, In>; output: z.ZodType<Out> },
    run: (input: Parsed, exchange: Exchange) => Promise<Out>,
  ): void;
  /** Serves a route to other systems that hold an integration token. */
  mountIntegration<In, Out, Parsed>(
    route: Route<In, Out>,
    schemas: { input: z.ZodType<Parsed, In>; output: z.ZodType<Out> },
    run: (input: Parsed) => Promise<Out>,
  ): void;
  /**
   * A route that answers or takes bytes: `run` writes the answer itself or returns a value. Multipart is read before it, and who sends
   * it has to be signed in still when it has arrived; `bytes` are left for it to read.
   */
  mountStream<In, Out, Parsed>(
    route: Route<In, Out>,
    schemas: { input: z.ZodType<Parsed, In>; output: z.ZodType<Out> | 'binary' },
    options: { multipart?: RequestHandler; bytes?: boolean },
    run: (actor: Actor, input: Parsed, exchange: StreamExchange) => Promise<Out | undefined>,
  ): void;
}

/** No input of ours is nested deeper than a few levels; far below the depth at which walking would exhaust the stack. */
const DEEPEST = 20;

/** Finds what no schema should have to look at: text PostgreSQL cannot hold (NUL, lone surrogates) and endless nesting. */
function unacceptable(value: unknown, path: string, depth = 0): FieldProblem | null {
  const characters = (text: string, at: string): FieldProblem | null =>
    text.includes('\0') || !text.isWellFormed()
      ? { path: at, rule: 'characters', message: 'holds characters that cannot be stored' }
      : null;
  if (typeof value === 'string') return characters(value, path);
  if (typeof value !== 'object' || value === null) return null;
  // Over the socket; to walk it byte by byte would cost more than it is worth.
  if (ArrayBuffer.isView(value)) return { path, rule: 'type', message: 'must not be binary' };
  if (depth > DEEPEST) return { path, rule: 'depth', message: 'is nested too deeply' };
  for (const [key, inner] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    const found = characters(key, at) ?? unacceptable(inner, at, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Validates an input against its schema.
 * @throws invalid_input naming every wrong field
 */
function parseInput<Parsed>(schema: z.ZodType<Parsed>, input: unknown): Parsed {
  const bad = unacceptable(input, '');
  if (bad !== null) throw fail('invalid_input', { fields: [bad] });
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw fail('invalid_input', {
    fields: parsed.error.issues.slice(0, 50).map((issue) => ({
      path: [
        ...issue.path,
        ...(issue.code === 'unrecognized_keys' ? [issue.keys.join(', ')] : []),
      ].join('.'),
      rule: issue.code,
      message: issue.message,
    })),
  });
}

/** Path, query and body fields as one input. The same field in two places must not be ambiguous: the path wins, then the body. */
function inputOf(req: Request): unknown {
  const body: unknown = req.body;
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw fail('invalid_input', {
      fields: [{ path: '', rule: 'type', message: 'the body must be a JSON object' }],
    });
  }
  return { ...req.query, ...body, ...req.params };
}

/** Creates the registry of all operations and the Express router that serves them. */
export function createApi<Actor>({
  log,
  authenticate,
  authenticateIntegration,
  admit,
  moves = () => undefined,
  refused = () => undefined,
}: ApiOptions<Actor>): Api<Actor> {
  const router = express.Router({ caseSensitive: true });
  const operations: Operation[] = [];
  const commands: Api<Actor>['commands'] = new Map();

  function register(
    route: AnyRoute,
    schemas: { input: z.ZodType; output: z.ZodType | 'binary' },
    access: Access,
    { multipart = false, bytes = false } = {},
  ): void {
    operations.push({
      route: {
        method: route.method,
        path: route.path,
        // Nothing is served without a right that is known.
        right: RightName.parse(route.right),
        ...(route.socket ? { socket: route.socket } : {}),
      },
      ...schemas,
      access,
      multipart,
      bytes,
    });
  }

  function serve(route: AnyRoute, ...handlers: RequestHandler[]): void {
    const verb = {
      GET: 'get',
      POST: 'post',
      PUT: 'put',
      PATCH: 'patch',
      DELETE: 'delete',
    } as const;
    router[verb[route.method]](route.path, ...handlers);
  }

  const actors = new WeakMap<Request, Actor>();
  /** The router forgets them before it passes an error on. */
  const named = new WeakMap<Request, Request['params']>();
  const signedIn =
    (route: AnyRoute): RequestHandler =>
    async (req, _res, next) => {
      named.set(req, req.params);
      const actor = await authenticate(req);
      actors.set(req, actor);
      admit(actor, route);
      next();
    };
  function actorOf(req: Request): Actor {
    const actor = actors.get(req);
    if (actor === undefined) throw fail('not_signed_in', {});
    return actor;
  }

  return {
    router,
    operations,
    commands,
    refusals(error, req, _res, next) {
      if (error instanceof AppError) {
        const { ip: address } = req;
        refused({
          actor: actors.get(req) ?? null,
          address,
          what: whatOf(req, named.get(req)),
          error,
        });
      }
      next(error);
    },
    mount(route, schemas, run) {
      register(route, schemas, 'signed_in');
      serve(route, signedIn(route), async (req, res) => {
        res.json(await run(actorOf(req), parseInput(schemas.input, inputOf(req)), { req, res }));
      });
      if (route.socket === undefined) return;
      const { socket: event, right } = route;
      const answering: SocketRun<Actor> = async (actor, payload, answer, socketId) => {
        const requestId = randomUUID();
        try {
          admit(actor, route);
          const input = parseInput(schemas.input, payload);
          answer({ ok: true, value: await run(actor, input, undefined, socketId) });
        } catch (error) {
          const problem = toProblem(error, requestId);
          if (isFailure(problem))
            log.error({ err: error, requestId, event }, 'a socket command failed');
          answer({ ok: false, problem });
          if (error instanceof AppError)
            refused({ actor, address: undefined, what: route.socket ?? '', error });
        }
      };
      commands.set(event, { right, run: answering });
    },
    mountPublic(route, schemas, run) {
      register(route, schemas, 'public');
      serve(route, async (req, res) => {
        res.json(await run(parseInput(schemas.input, inputOf(req)), { req, res }));
      });
    },
    mountIntegration(route, schemas, run) {
      register(route, schemas, 'integration');
      serve(route, async (req, res) => {
        await authenticateIntegration(req, route);
        res.json(await run(parseInput(schemas.input, inputOf(req))));
      });
    },
    mountStream(route, schemas, { multipart, bytes = false }, run) {
      register(route, schemas, 'signed_in', { multipart: multipart !== undefined, bytes });
      const door = signedIn(route);
      const moving: RequestHandler = (req, res, next) => {
        moves(actorOf(req), res);
        next();
      };
      serve(route, door, moving, ...(multipart ? [multipart, door] : []), async (req, res) => {
        const value = await run(actorOf(req), parseInput(schemas.input, inputOf(req)), {
          req,
          res,
          stillSignedIn: async () => void (await authenticate(req)),
        });
        if (value !== undefined && !res.headersSent) res.json(value);
      });
    },
  };
}

/** What a request asked for, with the ids it named and nothing else of what its sender wrote: the rest may be a secret. */
function whatOf({ method, route }: Request, params: Request['params'] = {}): string {
  const path: unknown = (route as { path?: unknown } | undefined)?.path;
  if (typeof path !== 'string') return method;
  const filled = path.replace(/:(\w+)/g, (name, key: string) => {
    const value = params[key];
    return typeof value === 'string' && /^([0-9a-f-]{36}|\d{1,15})$/.test(value) ? value : name;
  });
  return `${method} ${filled}`;
}

/** Gives every request an id, told back in `X-Request-Id` and in every problem body. */
export const requestIds: RequestHandler = (req, res, next) => {
  const id = randomUUID();
  req.id = id;
  res.setHeader('X-Request-Id', id);
  next();
};

/**
 * Refuses writes that a foreign page could have caused: an `Origin` that is not ours, or a browser's word that it was another page's.
 * Programs send neither header and are let through to authentication.
 */
export function sameOriginWrites(publicOrigins: readonly string[]): RequestHandler {
  return (req, _res, next) => {
    const safe = req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS';
    if (!safe && !isOwnSite(req.headers, publicOrigins)) throw fail('bad_origin', {});
    next();
  };
}

/**
 * Whether a request may come from one of our pages, or from a program. A neighbour below the same domain (`same-site`) is foreign too;
 * `none` is what the person himself has typed or opened.
 */
export function isOwnSite(headers: IncomingHttpHeaders, publicOrigins: readonly string[]): boolean {
  const site = headers['sec-fetch-site'] ?? 'none';
  const isOwnPage = site === 'same-origin' || site === 'none';
  return isOwnPage && isOwnOrigin(headers.origin, headers.host, publicOrigins);
}

/** True when there is no Origin (not a browser), or it is this host, or one of the configured ones. */
function isOwnOrigin(
  origin: string | undefined,
  host: string | undefined,
  publicOrigins: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (publicOrigins.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host;
}

/** A path as the log may tell it: the address of a file is a key to it. */
export const toldPath = (path: string) => path.replace(/(\/files\/).+/, '$1…');

/** Unknown paths of the API answer like everything else that is not there. */
export const unknownPath: RequestHandler = () => {
  throw fail('not_found', { what: 'path' });
};

/** Of ours, and so for the log; a portal that an admin has closed is none. */
const isFailure = ({ status, code }: { status: number; code: string }) =>
  status >= 500 && code !== 'portal_closed';

/** Last in the chain: turns whatever was thrown into `application/problem+json`. */
export function problems(log: Log) {
  return (error: unknown, req: Request, res: Response, next: NextFunction): void => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const problem = toProblem(fromBodyParser(error), String(req.id));
    if (isFailure(problem))
      log.error(
        { err: error, requestId: req.id, method: req.method, path: toldPath(req.path) },
        'a request failed',
      );
    if (problem.status === 503) res.setHeader('Retry-After', '2');
    if (problem.code === 'rate_limited' && 'retryAfterSeconds' in problem.facts)
      res.setHeader('Retry-After', String(problem.facts.retryAfterSeconds));
    res.status(problem.status).type('application/problem+json').json(problem);
  };
}

/** Express and its body parser report bad requests as errors with a status; they are the caller's, not ours. */
function fromBodyParser(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number')
    return error;
  if (error.status === 413)
    return fail(
      'too_large',
      { limitBytes: 'limit' in error && typeof error.limit === 'number' ? error.limit : 0 },
      { cause: error },
    );
  if (error.status >= 400 && error.status < 500) {
    return fail(
      'invalid_input',
      { fields: [{ path: '', rule: 'format', message: 'the request could not be read' }] },
      { cause: error },
    );
  }
  return error;
}
