import type { ErrorCode, ErrorFacts, Problem } from '@otklik/shared/errors';
import { StorageError } from './files';

const STATUS = {
  not_signed_in: 401,
  session_ended: 401,
  wrong_credentials: 401,
  second_step_needed: 401,
  wrong_code: 401,
  enrolment_needed: 403,
  reauthentication_needed: 403,
  viewing_only: 403,
  sign_on_failed: 403,
  access_closed: 403,
  session_limit: 409,
  name_needed: 409,
  forbidden: 403,
  not_found: 404,
  invalid_input: 400,
  same_id_other_content: 409,
  conflict: 409,
  role_in_use: 409,
  appeal_merged: 409,
  stale: 409,
  edit_window_over: 409,
  bad_origin: 403,
  too_large: 413,
  too_many_files: 400,
  file_type_refused: 415,
  upload_broken: 400,
  wrong_offset: 409,
  storage_refused: 507,
  rate_limited: 429,
  database_away: 503,
  portal_closed: 503,
  stopping: 503,
  internal: 500,
} satisfies Record<ErrorCode, number>;

const TITLE = {
  not_signed_in: 'Sign in first',
  session_ended: 'The session has ended',
  wrong_credentials: 'Wrong login or password',
  second_step_needed: 'A code is needed too',
  wrong_code: 'The code is wrong or used',
  enrolment_needed: 'Set up the second step first',
  reauthentication_needed: 'Type the password again',
  viewing_only: 'Only looking: nothing can be changed',
  sign_on_failed: 'Signing in through the provider failed',
  access_closed: 'Access is closed',
  session_limit: 'Signed in elsewhere',
  name_needed: 'Say who is writing first',
  forbidden: 'Not allowed',
  not_found: 'Not found or no access',
  invalid_input: 'The input is not valid',
  same_id_other_content: 'This id was used for other content',
  stale: 'A colleague answered in the meantime',
  edit_window_over: 'It is too late to change this message',
  conflict: 'The state has changed meanwhile',
  role_in_use: 'People have this role',
  appeal_merged: 'The appeal goes on in another one',
  bad_origin: 'Requests from this origin are refused',
  too_large: 'Too large',
  too_many_files: 'Too many files',
  file_type_refused: 'Files of this type are refused',
  upload_broken: 'The upload did not arrive whole',
  wrong_offset: 'The part does not follow what has arrived',
  storage_refused: 'The server cannot store files now',
  rate_limited: 'Too many tries',
  portal_closed: 'The portal is closed for now',
  database_away: 'The database is away for a moment',
  stopping: 'The server is stopping',
  internal: 'Something went wrong on our side',
} satisfies Record<ErrorCode, string>;

/** A refusal the caller is told about. Anything else that is thrown is a bug and answers a blank 500. */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  constructor(
    readonly code: Code,
    readonly facts: ErrorFacts[Code],
    options?: ErrorOptions,
  ) {
    super(`${code} ${JSON.stringify(facts)}`, options);
    this.name = 'AppError';
  }
}

/** Makes the error to throw: `throw fail('not_found', { what: 'appeal' })`. */
export function fail<Code extends ErrorCode>(
  code: Code,
  facts: ErrorFacts[Code],
  options?: ErrorOptions,
): AppError<Code> {
  return new AppError(code, facts, options);
}

/** SQLSTATE classes and Node codes that mean "the database cannot answer now", not "the statement is wrong". */
const AWAY = /^(08...|57P0[1-5]|53[0-9A-Z]{3}|55P03|40001|40P01|57014|25P03)$/;
const AWAY_NODE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** True when an error says that the database is away or overloaded, so that a later try may work. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (AWAY.test(code) || AWAY_NODE.has(code)) return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|not queryable|pool is draining|Cannot use a pool/i.test(
        cause.message,
      )
    )
      return true;
    if ('driverError' in cause && isDatabaseAway(cause.driverError)) return true;
  }
  return false;
}

/** True when a statement waited longer for a lock than it may. */
export const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '55P03';

/** True when a statement broke this constraint: somebody else was first. */
export function breaksConstraint(error: unknown, constraint: string): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === constraint;
}

function refusalOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof StorageError) return fail('storage_refused', {}, { cause: error });
  return isDatabaseAway(error) ? fail('database_away', {}) : fail('internal', {});
}

/** The body a caller gets for any thrown value. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = refusalOf(error);
  return {
    type: `urn:otklik:problem:${known.code}`,
    title: TITLE[known.code],
    status: STATUS[known.code],
    code: known.code,
    facts: known.facts,
    requestId,
  };
}
