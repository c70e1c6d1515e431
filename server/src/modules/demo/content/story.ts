import { isStaffKey, visitors } from './people';
import type { DealerKey, PersonKey, StaffKey } from './people';
import type { PhotoKey } from './photos';
import type {
  DemoAppeal,
  DemoAttachment,
  DemoStatus,
  DemoStep,
  PaperKind,
  WorkMinutesAgo,
} from './types';

const paperNames = { invoice: 'Счёт', waybill: 'Накладная', act: 'Акт' } as const;

export function photo(key: PhotoKey, name: string): DemoAttachment {
  return { kind: 'photo', photo: key, name };
}

export function pdf(paper: PaperKind, order: number): DemoAttachment {
  return { kind: 'pdf', paper, order, name: `${paperNames[paper]}-${order}.pdf` };
}

/** A message to the other side: of the dealer or of staff, as its author is. */
export function say(
  ago: WorkMinutesAgo,
  person: PersonKey,
  text: string,
  ...files: DemoAttachment[]
): DemoStep {
  return { do: 'message', ago, person, text, files };
}

/** A message that quotes the step with the given index. */
export function reply(
  ago: WorkMinutesAgo,
  person: PersonKey,
  quotes: number,
  text: string,
  ...files: DemoAttachment[]
): DemoStep {
  return { do: 'message', ago, person, text, files, quotes };
}

/** A message written `beforeOpening` wall minutes before Moscow opened. */
export function early(
  ago: WorkMinutesAgo,
  beforeOpening: number,
  person: PersonKey,
  text: string,
  ...files: DemoAttachment[]
): DemoStep {
  return { do: 'message', ago, beforeOpening, person, text, files };
}

export function note(
  ago: WorkMinutesAgo,
  person: StaffKey,
  text: string,
  ...mentions: StaffKey[]
): DemoStep {
  return { do: 'note', ago, person, text, mentions, files: [] };
}

/** A note with files that the dealer must never see. */
export function noteWithFiles(
  ago: WorkMinutesAgo,
  person: StaffKey,
  text: string,
  ...files: DemoAttachment[]
): DemoStep {
  return { do: 'note', ago, person, text, mentions: [], files };
}

export function assign(ago: WorkMinutesAgo, person: StaffKey, to: StaffKey): DemoStep {
  return { do: 'assign', ago, person, to };
}

export function invite(ago: WorkMinutesAgo, person: StaffKey, colleague: StaffKey): DemoStep {
  return { do: 'invite', ago, person, colleague };
}

/** Asks a colleague, who is brought in by that. */
export function ask(
  ago: WorkMinutesAgo,
  person: StaffKey,
  colleague: StaffKey,
  question: string,
): DemoStep {
  return { do: 'invite', ago, person, colleague, question };
}

export function status(
  ago: WorkMinutesAgo,
  person: StaffKey,
  to: Exclude<DemoStatus, 'new'>,
): DemoStep {
  return { do: 'status', ago, person, to };
}

export function noAnswerNeeded(ago: WorkMinutesAgo, person: StaffKey): DemoStep {
  return { do: 'no_answer_needed', ago, person };
}

export function linkOrder(ago: WorkMinutesAgo, person: PersonKey, order: number): DemoStep {
  return { do: 'link_order', ago, person, order };
}

/**
 * Finishes an appeal: its dealer is the one of the visitor who wrote the first message.
 * @throws Error when the first step is not a visitor's message
 */
export function appeal(facts: Omit<DemoAppeal, 'dealer'>): DemoAppeal {
  return { ...facts, dealer: dealerOfOpener(facts.key, facts.steps[0]) };
}

/** A conversation written by hand, of normal priority and without orders unless said otherwise. */
export function story(
  facts: Omit<DemoAppeal, 'dealer' | 'handWritten' | 'priority' | 'orders'> &
    Partial<Pick<DemoAppeal, 'priority' | 'orders'>>,
): DemoAppeal {
  return appeal({ priority: 'normal', orders: [], ...facts, handWritten: true });
}

function dealerOfOpener(key: string, first: DemoStep | undefined): DealerKey {
  if (first?.do !== 'message' || isStaffKey(first.person)) {
    throw new Error(`The appeal ${key} must start with a message of a visitor`);
  }
  return visitors[first.person].dealer;
}
