// Plain numbers that both sides need; without any validator, so that the browser bundle stays small.

/** Characters of one message or note. */
export const MESSAGE_MAX = 10_000;
/** Characters of an appeal's subject. */
export const SUBJECT_MAX = 200;
