import { Nothing } from '@otklik/shared/people';
import { RightName, RightsTable, type RightLine } from '@otklik/shared/rights';
import { rightsApi } from '@otklik/shared/rights.api';
import type { Doors } from '../../platform/doors';
import { fail } from '../../platform/errors';
import type { Api } from '../../platform/http';
import type { Actor } from './actor';
import { seesRights } from './person.policy';
import { chosenFor, holds, jobRights, newsRights, rights } from './rights';

/** The table of rights for admins, with everything that is registered under each right. */
export function rightsRoutes(
  api: Pick<Api<Actor>, 'mount' | 'operations' | 'commands'>,
  doors: Doors,
): void {
  api.mount(rightsApi.table, { input: Nothing, output: RightsTable }, (actor) => {
    if (!holds(actor, 'staff.work')) throw fail('not_found', { what: 'path' });
    if (!seesRights(actor)) throw fail('forbidden', { right: 'seeRights' });
    return Promise.resolve({ items: RightName.options.map((name) => lineOf(name, doorsOf(name))) });
  });

  function doorsOf(name: RightName): string[] {
    const named = (table: Record<string, RightName>, mark: string) =>
      Object.entries(table).flatMap(([key, right]) => (right === name ? [`${mark} ${key}`] : []));
    return [
      ...api.operations.flatMap(({ route }) =>
        route.right === name ? [`${route.method} ${route.path}`] : [],
      ),
      ...doors.list.flatMap(({ method, path, right }) =>
        right === name ? [`${method} ${path}`] : [],
      ),
      ...[...api.commands].flatMap(([event, { right }]) => (right === name ? [`→ ${event}`] : [])),
      ...named(newsRights, '←'),
      ...named(jobRights, '↻'),
    ];
  }
}

function lineOf(right: RightName, doors: string[]): RightLine {
  const { object, needs = null, hides = false, may, when = {} } = rights[right];
  const listed = Object.entries(may).map(([role, grant]) => [
    role,
    grant === 'any' ? grant : [...grant],
  ]);
  const states = Object.entries(when).map(([role, list]) => [role, [...list]]);
  return {
    ...{ right, object, needs, hides, doors, chosen: chosenFor(right) },
    may: Object.fromEntries(listed) as RightLine['may'],
    when: Object.fromEntries(states) as RightLine['when'],
  };
}
