import { accountsApi } from '@otklik/shared/accounts.api';
import { peopleApi } from '@otklik/shared/people.api';
import type { Route } from '@otklik/shared/route';
import { fail } from '../../platform/errors';
import type { Actor } from './actor';

type Address = Pick<Route<unknown, unknown>, 'method' | 'path'>;
const keyOf = ({ method, path }: Address) => `${method} ${path}`;

/** What setting up a second step needs, and the way out. */
const OPEN = new Set(
  [
    ...[peopleApi.me, peopleApi.signOut, peopleApi.changeSettings],
    ...[accountsApi.provePassword, accountsApi.secondStep],
    ...[accountsApi.beginSecondStep, accountsApi.confirmSecondStep],
  ].map(keyOf),
);

/**
 * Whoever has to set up a second step does so before anything else.
 * @throws enrolment_needed
 */
export function refuseUnenrolled(actor: Pick<Actor, 'enrolmentNeeded'>, route: Address): void {
  if (actor.enrolmentNeeded && !OPEN.has(keyOf(route))) throw fail('enrolment_needed', {});
}
