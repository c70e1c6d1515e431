import type { ErrorCode, ErrorFacts, Problem, SessionEndReason } from '@otklik/shared/errors';

/** The server understood the call and said no (or broke: status 5xx). */
export class Refusal<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly facts: ErrorFacts[Code];
  readonly status: number;
  /** For the person who asks support what happened. */
  readonly requestId: string;

  constructor(problem: Pick<Problem<Code>, 'code' | 'facts' | 'status' | 'requestId'>) {
    super(`${problem.status} ${problem.code}`);
    this.name = 'Refusal';
    this.code = problem.code;
    this.facts = problem.facts;
    this.status = problem.status;
    this.requestId = problem.requestId;
  }
}

/** No answer came: the network is away, or patience ran out. Whether the server did it is unknown. */
export class Offline extends Error {
  readonly timedOut: boolean;

  constructor(timedOut: boolean, options?: ErrorOptions) {
    super(timedOut ? 'no answer in time' : 'no connection', options);
    this.name = 'Offline';
    this.timedOut = timedOut;
  }
}

/** True when the error is a refusal with this code; its facts are then typed. */
export function isRefusal<Code extends ErrorCode>(
  error: unknown,
  code: Code,
): error is Refusal<Code> {
  return error instanceof Refusal && error.code === code;
}

/** What went wrong, as plain data: screens make words of it, IndexedDB can keep it. */
export interface Trouble {
  /** `offline`: no connection; `timeout`: nobody answered in time. */
  code: ErrorCode | 'offline' | 'timeout';
  facts: ErrorFacts[ErrorCode];
  /** HTTP status; 0 when no answer came. */
  status: number;
  requestId: string | null;
}

/**
 * A caught error as data. What is neither a refusal nor a lost connection is a bug of ours and is thrown on.
 */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof Refusal) {
    const { code, facts, status, requestId } = error;
    return { code, facts, status, requestId };
  }
  if (error instanceof Offline) {
    return { code: error.timedOut ? 'timeout' : 'offline', facts: {}, status: 0, requestId: null };
  }
  throw error;
}

/** True when a later try of the same call may work: no answer, a broken server, too many calls. */
export function isPassing({ status }: Pick<Trouble, 'status'>): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** What a command of a store answers: screens show the trouble, nothing is thrown at them. */
export type Outcome<Value> = { ok: true; value: Value } | { ok: false; trouble: Trouble };

/** Runs a call and turns refusals and lost connections into data. */
export async function attempt<Value>(run: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, trouble: troubleOf(error) };
  }
}

type SignedOut = (reason: SessionEndReason | null) => void;
let signedOut: SignedOut = () => undefined;

/** The one place that hears that the session is over; `null`: the server gave no reason. */
export function onSignedOut(handler: SignedOut): void {
  signedOut = handler;
}

type PortalClosed = (message: ErrorFacts['portal_closed']['message']) => void;
let portalClosed: PortalClosed = () => undefined;

/** The one place that hears that the portal is closed to dealers. */
export function onPortalClosed(handler: PortalClosed): void {
  portalClosed = handler;
}

/** Called by whoever talks to the server, for every refusal it meets. */
export function noticeSignedOut({ code, facts }: Pick<Problem, 'code' | 'facts'>): void {
  if (code === 'portal_closed' && 'message' in facts) portalClosed(facts.message);
  if (code !== 'not_signed_in' && code !== 'session_ended') return;
  signedOut('reason' in facts ? facts.reason : null);
}
