import { accountsApi } from '@otklik/shared/accounts.api';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { draftsApi } from '@otklik/shared/drafts.api';
import { macrosApi } from '@otklik/shared/macros.api';
import { peopleApi } from '@otklik/shared/people.api';
import type { Route } from '@otklik/shared/route';
import { fail } from '../../platform/errors';
import type { Actor } from './actor';

type Address = Pick<Route<unknown, unknown>, 'method' | 'path'>;
const keyOf = ({ method, path }: Address) => `${method} ${path}`;

const WAYS_OUT = new Set([accountsApi.endViewAs, peopleApi.signOut].map(keyOf));
/** What nobody but the person himself ever sees. An empty answer would be a lie, and be taken for what he sees. */
const HIS_ALONE = new Set(
  [
    ...[peopleApi.mySessions, accountsApi.secondStep],
    ...[draftsApi.list, macrosApi.list, attachmentsApi.progress],
  ].map(keyOf),
);

/**
 * Whoever sees as somebody else reads and does nothing more. The one place that says so: no service has to think of it.
 * @throws viewing_only
 */
export function refuseViewing(actor: Pick<Actor, 'viewedBy'>, route: Address): void {
  if (!actor.viewedBy || WAYS_OUT.has(keyOf(route))) return;
  if (route.method !== 'GET' || HIS_ALONE.has(keyOf(route))) throw fail('viewing_only', {});
}
