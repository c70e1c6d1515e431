// Plain numbers that both sides need; without any validator, so that the browser bundle stays small.

/** Characters of one message or note. */
export const MESSAGE_MAX = 10_000;
/** Characters of an appeal's subject. */
export const SUBJECT_MAX = 200;
/** Bytes of one part of a resumable upload; fits what proxies let through by default. */
export const UPLOAD_PART_MAX = 1024 * 1024;
/** Numbers of a thread that one fingerprint may cover. */
export const DIGEST_MAX = 10_000;
/** The longest target of a policy in working minutes: a year around the clock. */
export const LONGEST_TARGET_MINUTES = 60 * 24 * 365;
/** Appeals that one command reassigns at most. */
export const REASSIGN_MAX = 100;
/** Saved views of the board that a menu has room for. */
export const BOARD_VIEWS_MAX = 20;
/** Steps of the escalation ladder. */
export const LADDER_STEPS_MAX = 20;
/** Working minutes of a dealer's silence that a setting may name: a quarter around the clock. */
export const LONGEST_SILENCE_MINUTES = 60 * 24 * 90;
/** Notices that one command marks. */
export const NOTICES_AT_ONCE = 200;
/** Weeks that a dry run goes back at most. */
export const DRY_RUN_WEEKS = 26;
/** Messages that one appeal takes along when they are split off. */
export const SPLIT_MAX = 20;
/** How long lines of the audit log may be kept. */
export const AUDIT_DAYS = { least: 30, most: 3_650 } as const;
/** An e-mail address as far as typing mistakes show; whether mail arrives there, only mail tells. */
export const EMAIL = /^\S+@\S+\.\S+$/;
/** Characters of what dealers read while the portal is closed to them. */
export const CLOSED_MESSAGE_MAX = 500;
