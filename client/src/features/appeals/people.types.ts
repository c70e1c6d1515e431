import type { Side } from '@otklik/shared/people';

/** Somebody who could be brought into an appeal. */
export interface Candidate {
  id: string;
  name: string;
  jobTitle: string;
  side: Side;
  online?: boolean;
  /** Takes part already; can be asked all the same. */
  inside?: boolean;
}

/** What the list of people and the form to bring one in say, in the reader's words. */
export interface PeopleWords {
  heading: string;
  /** Of the form and of the button that opens it. */
  title: string;
  do: string;
  hint: string;
  everybody: string;
  leave: string;
  remove: (name: string) => string;
  /** Of the field for a question; left out: no question goes with it. */
  question?: string;
  /** Of the button, once there is a question. */
  ask?: string;
  /** Beside who takes part already. */
  inside?: string;
  /** Those who take part already can only be asked. */
  onlyAsk?: string;
}
