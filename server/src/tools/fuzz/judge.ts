import type { Operation } from '../../platform/http';
import { canariesIn } from './canary';
import { undocumented } from './shape';
import type { Answer } from './wire';
import type { Caller } from './world';

/** What was sent, as far as the verdict depends on it. */
export interface Sent {
  caller: Caller;
  operation: Operation;
  /** The schema does not take it. */
  isWrong: boolean;
  /** The address has an empty part, and may have become another route's. */
  isElsewhere: boolean;
  /** A foreign page could have sent it. */
  isForeign: boolean;
}

/** Answers of file routes to conditions and ranges. */
const FILE_STATUS = [200, 206, 302, 304, 412, 416];

/** A failure of the server; a portal that an admin has closed to dealers is none. */
export const isBroken = (status: number, body: Buffer) =>
  status >= 500 && !body.includes('"portal_closed"');

/** What is wrong with an answer, in words; nothing: all is well. */
export function faultsOf({ status, headers, body, bytes }: Answer, sent: Sent): string[] {
  const faults = leaks(bytes, sent.caller);
  if (isBroken(status, body)) faults.push(`answers ${status}: ${body.toString().slice(0, 200)}`);
  const type = headers['content-type'] ?? '';
  const isFile = sent.operation.output === 'binary' && FILE_STATUS.includes(status);
  if (status < 400) faults.push(...acceptance(sent));
  if (isFile) return faults;
  if (status === 200) {
    if (!type.startsWith('application/json')) faults.push(`answers ${type}`);
    return sent.isElsewhere ? faults : [...faults, ...shape(sent.operation, parsed(body))];
  }
  if (status < 400) return [...faults, `answers ${status}`];
  // Too large a head never reaches the product: Node answers.
  if (status === 431) return faults;
  if (!type.startsWith('application/problem+json')) faults.push(`refuses as ${type || 'nothing'}`);
  return [...faults, ...problem(parsed(body), status)];
}

/** Words of others in what reached somebody. */
export function leaks(bytes: Buffer, { may }: Pick<Caller, 'may'>): string[] {
  return canariesIn(bytes)
    .filter(({ owner }) => !may.includes(owner))
    .map(({ word }) => `CANARY ${word}`)
    .slice(0, 3);
}

function acceptance({ caller, operation, isWrong, isForeign, isElsewhere }: Sent): string[] {
  const faults: string[] = [];
  const { access } = operation;
  if (access === 'signed_in' && !caller.isLive) faults.push('served to somebody not signed in');
  if (access === 'integration' && caller.name !== 'integration') faults.push('served to a person');
  if (isWrong && !isElsewhere) faults.push('accepted what its schema refuses');
  if (isForeign && operation.route.method !== 'GET') faults.push('wrote for a foreign page');
  return faults;
}

/** Whether a value is what the operation says that it answers. */
export function shape(operation: Operation, value: unknown): string[] {
  if (operation.output === 'binary') return [];
  const made = operation.output.safeParse(value);
  if (!made.success) {
    const [issue] = made.error.issues;
    return [`answers another shape: ${issue?.path.join('.')} ${issue?.message}`];
  }
  const more = undocumented(value, made.data);
  return more.length > 0
    ? [`answers fields nobody documented: ${more.slice(0, 5).join(', ')}`]
    : [];
}

/** Whether a refusal is one of ours. */
export function problem(value: unknown, status?: number): string[] {
  if (typeof value !== 'object' || value === null) return ['refuses without a problem body'];
  const told = value as Record<string, unknown>;
  const isWhole =
    typeof told.code === 'string' &&
    told.type === `urn:otklik:problem:${told.code}` &&
    typeof told.title === 'string' &&
    typeof told.requestId === 'string' &&
    typeof told.facts === 'object' &&
    typeof told.status === 'number';
  if (!isWhole) return [`no problem body: ${JSON.stringify(told).slice(0, 200)}`];
  if (status === undefined) {
    const isFailure = Number(told.status) >= 500 && told.code !== 'portal_closed';
    return isFailure ? [`answers ${told.status}`] : [];
  }
  return told.status === status ? [] : [`says ${told.status} and answers ${status}`];
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
