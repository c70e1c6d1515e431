import type { DealerKey, PersonKey, StaffKey, TeamKey } from './people';
import type { PhotoKey } from './photos';
import type { ProductCode } from './products';
import type { TopicKey } from './topics';

/**
 * How long ago something happened, in working minutes of the company's calendar
 * (Mon–Fri 9–18, Europe/Moscow; a working day is 540 of them), counted back from the moment of loading.
 * Working minutes, not wall minutes, because every deadline is counted in them: a message
 * 200 working minutes old has used 200 minutes of its deadline on a Monday morning as well as on a Sunday night.
 */
export type WorkMinutesAgo = number;

/** What a board row should look like right after loading. `settled`: no clock runs. */
export type SlaIntent = 'breached' | 'risk' | 'track' | 'paused' | 'settled';

export type DemoAppealType = 'complaint' | 'error' | 'question';
export type DemoPriority = 'low' | 'normal' | 'high';
/** `new` is where every appeal starts; a dealer's message brings `waiting`, `resolved` and `closed` back to `in_work`. */
export type DemoStatus =
  'new' | 'in_work' | 'approval' | 'execution' | 'waiting' | 'resolved' | 'closed';

/** A file on a message. Photos come from a shared shelf; papers are made from the order they belong to. */
export type DemoAttachment =
  | { kind: 'photo'; photo: PhotoKey; name: string }
  | { kind: 'pdf'; paper: PaperKind; order: number; name: string };

export type PaperKind = 'invoice' | 'waybill' | 'act';

interface At {
  ago: WorkMinutesAgo;
  /**
   * Wall minutes before the opening of the working day into which `ago` falls: a dealer in the east
   * writes while Moscow sleeps. Only in finished appeals, because it lengthens what the clocks count.
   */
  beforeOpening?: number;
}

/** One thing somebody does in an appeal. Texts may hold date tokens, see `demo.dates.ts`. */
export type DemoStep =
  | (At & {
      do: 'message';
      person: PersonKey;
      text: string;
      files: readonly DemoAttachment[];
      /** Index in `steps` of the message this one quotes. */
      quotes?: number;
    })
  | (At & {
      do: 'note';
      person: StaffKey;
      /** A mention is written in the text as `@Имя Фамилия`, the way the composer writes it. */
      text: string;
      mentions: readonly StaffKey[];
      files: readonly DemoAttachment[];
    })
  | (At & { do: 'assign'; person: StaffKey; to: StaffKey })
  | (At & { do: 'invite'; person: StaffKey; colleague: StaffKey; question?: string })
  | (At & { do: 'status'; person: StaffKey; to: Exclude<DemoStatus, 'new'> })
  /** The dealer had the last word, but nothing is owed: the wait ends without a reply. */
  | (At & { do: 'no_answer_needed'; person: StaffKey })
  | (At & { do: 'link_order'; person: PersonKey; order: number });

/**
 * One appeal. Its first step is the message of the visitor who opened it, with the orders below linked.
 * A reply to an unassigned appeal assigns its writer, so `assign` steps are only the deliberate ones.
 */
export interface DemoAppeal {
  key: string;
  /** True for conversations written by hand, false for those made from a template. */
  handWritten: boolean;
  /** May hold date tokens. */
  subject: string;
  type: DemoAppealType;
  topic: TopicKey;
  dealer: DealerKey;
  priority: DemoPriority;
  /** Order numbers linked at opening; all belong to the dealer. */
  orders: readonly number[];
  sla: SlaIntent;
  /** From the oldest to the newest. */
  steps: readonly DemoStep[];
}

export type DemoOrderState =
  'accepted' | 'picking' | 'shipped' | 'in_transit' | 'delivered' | 'cancelled';

export interface DemoOrderLine {
  product: ProductCode;
  quantity: number;
  priceKopecks: number;
}

export interface DemoOrder {
  /** The number people use; also the external id for the exchange. */
  number: number;
  dealer: DealerKey;
  createdAgo: WorkMinutesAgo;
  /** When the state was reached last. */
  changedAgo: WorkMinutesAgo;
  /** Shipment that happened (number ≥ 0), or null when nothing has left yet. */
  shippedAgo: WorkMinutesAgo | null;
  /** For what has not left yet: planned shipment, working days after now. */
  plannedInDays: number | null;
  deliveredAgo: WorkMinutesAgo | null;
  state: DemoOrderState;
  places: number;
  weightKg: number;
  carrier: string;
  contract: string;
  lines: readonly DemoOrderLine[];
  totalKopecks: number;
}

export type { DealerKey, PersonKey, PhotoKey, ProductCode, StaffKey, TeamKey, TopicKey };
