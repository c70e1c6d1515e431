/**
 * What clients noted while they ran, one JSON line each, and what the database held at the end.
 * Nothing here or in the checker comes from the product: it is judged by what was pressed, answered, shown and stored.
 */

/** Moment in ms on the harness's clock; clients' own clocks may be years off. */
interface Line {
  t: number;
  /** Name of the client. */
  c: string;
}

export type Side = 'dealer' | 'staff';
export type PressKind = 'message' | 'note' | 'edit' | 'delete' | 'status';

/** `[number in the reader's numbering, entry id, version, clientId of a message or null]` */
export type Shown = readonly [
  number: number,
  entryId: string,
  version: number,
  clientId: string | null,
];

/** A client began: page opened, reloaded or crashed and came back. */
export interface Start extends Line {
  ev: 'start';
  person: string;
  side: Side;
  /** Code of the dealer; empty for staff. */
  dealer: string;
  /** 1, 2, 3 …: what was shown before a reload may be shown anew afterwards. */
  incarnation: number;
}
/** A button was pressed; noted before anything was tried. */
export interface Press extends Line {
  ev: 'press';
  id: string;
  appeal: string;
  kind: PressKind;
  /** Number of files that go with it. */
  files?: number;
}
/** The product told its user that the message is stored, as `n` of the thread. */
export interface Acknowledged extends Line {
  ev: 'ack';
  id: string;
  appeal: string;
  entry: string;
  n: number;
}
/** Refused for good. */
export interface Refused extends Line {
  ev: 'refused';
  id: string;
  code: string;
}
/** The product had given up for now and its user pressed Retry: the message goes to the end of what waits. */
export interface Retried extends Line {
  ev: 'retried';
  id: string;
}
/** The thread as the client shows it, from number `from` upwards; below it as in the read before. `final`: long after the last fault. */
export interface Read extends Line {
  ev: 'read';
  appeal: string;
  last: number;
  from: number;
  entries: Shown[];
  final?: boolean;
  /** Read off a real screen, where only messages and notes can be told apart: events are left out of `entries`. */
  sparse?: boolean;
}
/** Unread counter and read mark of a row, long after the last fault. */
export interface Row extends Line {
  ev: 'row';
  appeal: string;
  unread: number;
  mark: number;
}
/** Canaries found in the raw bytes that reached a client. */
export interface Bytes extends Line {
  ev: 'bytes';
  tokens: string[];
}
export interface Fault extends Line {
  ev: 'fault' | 'healed';
  kind: string;
}
export type HistoryLine =
  Start | Press | Acknowledged | Refused | Retried | Read | Row | Bytes | Fault;

export interface Dump {
  appeals: {
    id: string;
    dealer: string;
    lastSeq: number;
    lastPublicSeq: number;
    messages: number;
    publicMessages: number;
  }[];
  entries: {
    id: string;
    appeal: string;
    seq: number;
    publicSeq: number | null;
    kind: 'message' | 'note' | 'event';
    author: string | null;
    clientId: string | null;
    version: number;
    files: number;
  }[];
}

export const INVARIANTS = [
  'acknowledged_lost',
  'pressed_lost',
  'file_lost',
  'doubled',
  'from_nowhere',
  'numbers_dense',
  'one_order',
  'reads_go_back',
  'own_write_unread',
  'order_of_author',
  'refused_but_there',
  'not_level',
  'leak',
  'unread_wrong',
] as const;
export type Invariant = (typeof INVARIANTS)[number];
/** Those that are broken for good once they are broken, however a run goes on; the others are judged at its end. */
export const SOON: ReadonlySet<Invariant> = new Set<Invariant>([
  'acknowledged_lost',
  'doubled',
  'from_nowhere',
  'numbers_dense',
  'one_order',
  'reads_go_back',
  'own_write_unread',
  'order_of_author',
  'leak',
]);

export interface Violation {
  invariant: Invariant;
  /** One sentence with the names and numbers needed to look it up in the history. */
  what: string;
}
/** A canary: `n` note or `m` message, the dealer's code, sixteen hex digits that make it unique. */
export const CANARY = /cnry-([nm])-([a-z0-9]+)-([0-9a-f]{16})/g;
