import type { Problem } from '@otklik/shared/errors';
import type { Route } from '@otklik/shared/route';

import { onlyLooks } from './looking';
import { isRefusal, noticeSignedOut, Offline, Refusal } from './problem';
import { noticeRelease } from './release';
import { askSocket } from './socket';
import { tabs } from './tabs';

const PATIENCE_MS = 10_000;

export interface CallOptions {
  /** Gives the call up; it then rejects with the signal's own reason. */
  signal?: AbortSignal;
  /** Asks as whoever the cookie says, not as the person this tab knows. */
  asAnybody?: boolean;
  /** May be asked by whoever only looks: the ways out. */
  evenLooking?: boolean;
}

/**
 * Says for which session a request is. Another tab may have signed in as somebody else: the cookie is then his, and the
 * server refuses what this tab still sends for the person before.
 */
export function sessionHeaders(): Record<string, string> {
  const session = tabs.session();
  return session === null ? {} : { 'x-session': session };
}

/**
 * Asks the server. A hot write goes over the socket when it is open; without an answer there it is repeated over HTTP,
 * which is safe, because such commands carry the sender's id or only move forward.
 * @throws Refusal – the server said no
 * @throws Offline – no answer within 10 s, or no network
 */
export async function call<Input extends object, Output>(
  route: Route<Input, Output>,
  input: Input,
  { signal, asAnybody = false, evenLooking = false }: CallOptions = {},
): Promise<Output> {
  if (onlyLooks() && route.method !== 'GET' && !evenLooking) throw lookingRefusal();
  if (route.socket !== undefined) {
    const answer = await askSocket<Output>(route.socket, input);
    signal?.throwIfAborted();
    if (answer) return answer.value;
  }
  const send = (): Promise<Output> =>
    overHttp(route, input, signal, asAnybody ? {} : sessionHeaders());
  try {
    return await send();
  } catch (error) {
    // Asked for the password once more, the person gets what he wanted without doing it again.
    if (!isRefusal(error, 'reauthentication_needed') || !(await proveAgain())) throw error;
    return send();
  }
}

/** The server would say the same: nobody has to wait for it. */
const lookingRefusal = () =>
  new Refusal({ code: 'viewing_only', facts: {}, status: 403, requestId: '' });

let proveAgain: () => Promise<boolean> = async () => false;
/** The one place that asks for the password before a dangerous change; it answers whether the command may be repeated. */
export function onProofNeeded(ask: () => Promise<boolean>): void {
  proveAgain = ask;
}

/** Address of a route: path parameters filled from the input, the rest of the input for query or body. */
export function addressOf(
  route: Pick<Route<unknown, unknown>, 'method' | 'path'>,
  input: object,
): { url: URL; body: string | null } {
  const rest = new Map<string, unknown>(
    Object.entries(input).filter(([, value]) => value !== undefined),
  );
  const path = route.path.replace(/:(\w+)/g, (_part, name: string) => {
    const value = rest.get(name);
    if (value === undefined) throw new Error(`${route.path} needs "${name}"`);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  const url = apiUrl(path);
  if (route.method !== 'GET' && route.method !== 'DELETE') {
    return { url, body: JSON.stringify(Object.fromEntries(rest)) };
  }
  for (const [name, value] of rest) {
    if (value !== null) url.searchParams.set(name, String(value));
  }
  return { url, body: null };
}

/** Address of a path below `/api`, wherever the product lives on its host. */
const apiUrl = (path: string): URL => new URL(`api${path}`, document.baseURI);

async function overHttp<Output>(
  route: Pick<Route<unknown, unknown>, 'method' | 'path'>,
  input: object,
  signal: AbortSignal | undefined,
  headers: Record<string, string>,
): Promise<Output> {
  signal?.throwIfAborted();
  const { url, body } = addressOf(route, input);
  const stop = new AbortController();
  const giveUp = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', giveUp);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort();
  }, PATIENCE_MS);
  try {
    const response = await fetch(url, {
      method: route.method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json, application/problem+json',
        ...headers,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body,
      signal: stop.signal,
    });
    noticeRelease(response);
    if (!response.ok) throw await refusalOf(response);
    if (!isJson(response)) throw new Offline(false);
    const output: Output = await response.json();
    return output;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Refusal || error instanceof Offline) throw error;
    throw new Offline(timedOut, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

const isJson = (response: Response) => /\bjson\b/.test(response.headers.get('content-type') ?? '');

/** The refusal in an answer. A proxy in between may answer in its own words: then only the status counts. */
async function refusalOf(response: Response): Promise<Refusal> {
  const { status } = response;
  if (isJson(response)) {
    const problem: Partial<Problem> = await response.json();
    return refusalFrom(problem, status, response.headers.get('x-request-id') ?? '');
  }
  return refusalFrom({}, status, response.headers.get('x-request-id') ?? '');
}

/** Makes the refusal of a parsed body; tells the session when it is over. */
export function refusalFrom(
  { code, facts, requestId }: Partial<Problem>,
  status: number,
  headerRequestId: string,
): Refusal {
  if (code === undefined) {
    const plain = { facts: {}, status, requestId: headerRequestId };
    if (status === 404)
      return new Refusal({ ...plain, code: 'not_found', facts: { what: 'path' } });
    return new Refusal({ ...plain, code: 'internal' });
  }
  const refusal = new Refusal({
    code,
    facts: facts ?? {},
    status,
    requestId: requestId ?? headerRequestId,
  });
  noticeSignedOut(refusal);
  return refusal;
}
