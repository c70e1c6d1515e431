import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/db';
import { createMacroService } from '../macros';
import { macros } from './demo.content';
import type { DemoWorld } from './demo.people';

const DAY_MS = 86_400_000;
/** Written when the company had worked with the portal for some months. */
const SINCE_DAYS = 120;

/** Adds the ready texts, each by who may make it. */
export async function addMacros(
  db: Db,
  { actors, teamIds }: Pick<DemoWorld, 'actors' | 'teamIds'>,
  now: Date,
): Promise<void> {
  const at = new Date(now.getTime() - SINCE_DAYS * DAY_MS);
  const { create } = createMacroService({ db, now: () => at });
  for (const { name, body, thenStatus, team, owner } of macros) {
    await create(owner ? actors[owner] : actors.kostrov, {
      clientId: randomUUID(),
      ...{ name, body, thenStatus },
      scope: owner ? 'own' : team ? 'team' : 'everybody',
      teamId: team ? teamIds[team] : null,
    });
  }
}
