/** Why a session ended; shown to the person on the SESSION-ENDED screen. */
export type SessionEndReason =
  | 'signed_out'
  | 'ended_by_self'
  | 'ended_by_staff'
  | 'replaced'
  | 'access_closed'
  | 'rights_changed'
  | 'expired';

/** One field of an input that was refused. `path` is dotted, `rule` is machine-readable. */
export interface FieldProblem {
  path: string;
  rule: string;
  message: string;
}

/** Every error a caller can meet, with the facts that explain it. Texts are made by the client from the code. */
export interface ErrorFacts {
  not_signed_in: object;
  session_ended: { reason: SessionEndReason };
  wrong_credentials: object;
  /** The password is right; a code of the authenticator app, or a recovery code, has to come with it. */
  second_step_needed: object;
  wrong_code: object;
  /** The company requires a second step of this role: it has to be set up before anything else. */
  enrolment_needed: object;
  /** An admin sees the portal as somebody else: nothing is changed, and what is that person's alone is not shown. */
  viewing_only: object;
  /** Signing in through the company's provider came to nothing; `why`, for the person's eyes. */
  sign_on_failed: { why: 'off' | 'expired' | 'provider' | 'unknown_person' };
  /** The password was last typed too long ago for a change like this: type it again, then repeat the command. */
  reauthentication_needed: object;
  access_closed: object;
  /** The rule "one session / up to N" is reached; `sessions` are the ones that would have to end. */
  session_limit: { limit: number; sessions: { id: string; device: string; lastSeenAt: string }[] };
  /** A shared login whose session has not named its person yet. */
  name_needed: object;
  forbidden: { right: string };
  not_found: { what: string };
  invalid_input: { fields: FieldProblem[] };
  /** The same `clientId` came with other content. */
  same_id_other_content: { clientId: string };
  /** Somebody of the author's own side answered after `seenSeq`: look first. `messages` = how many such messages, `by` = who wrote the last of them, `lastSeq` = the thread's last number; numbers are the author's. */
  stale: { messages: number; by: string; lastSeq: number };
  /** The window in which a message may still be changed has passed. */
  edit_window_over: { minutes: number };
  conflict: { what: string };
  /** So many people have the role: it cannot go. */
  role_in_use: { people: number };
  /** The appeal was merged into the one with this number: there it goes on. */
  appeal_merged: { no: number };
  bad_origin: object;
  too_large: { limitBytes: number };
  too_many_files: { limit: number };
  file_type_refused: { name: string };
  upload_broken: object;
  /** A part began elsewhere than where the received bytes end; go on from there. */
  wrong_offset: { receivedBytes: number };
  /** The disk for files is full, read-only or gone. */
  storage_refused: object;
  rate_limited: { retryAfterSeconds: number };
  database_away: object;
  /** Closed to dealers by an admin, who says why in both languages; either may be empty. */
  portal_closed: { message: { ru: string; en: string } };
  stopping: object;
  internal: object;
}

export type ErrorCode = keyof ErrorFacts;

/** RFC 9457 body of every refusal, over HTTP and in a socket acknowledgement alike. */
export interface Problem<Code extends ErrorCode = ErrorCode> {
  type: string;
  title: string;
  status: number;
  code: Code;
  facts: ErrorFacts[Code];
  requestId: string;
}

/** What a socket command answers. */
export type Ack<Output> = { ok: true; value: Output } | { ok: false; problem: Problem };
