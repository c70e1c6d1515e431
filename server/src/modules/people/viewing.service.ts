import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { isStaff, type Actor } from './actor';
import { recordChange } from './change-log.repository';
import { Person } from './person.entity';
import { viewsAs } from './person.policy';
import { personRepository } from './person.repository';
import { refuseUnproven } from './reauthentication';
import { sessionRepository, type SessionRow } from './session.repository';
import { actorOf } from './session.view';
import { viewingRepository } from './viewing.repository';

/** As long as a view lasts when nobody ends it; the table allows no longer one. */
const VIEW_MS = 60 * 60_000;

/** "See as this person": an admin's session that is answered as somebody else's, and changes nothing (see `viewing.ts`). */
export function createViewingService({ db, now }: { db: Db; now: () => Date }) {
  /**
   * @throws not_found – no such person, or a dealer asks
   * @throws forbidden – only admins do, and never as another admin
   * @throws reauthentication_needed
   * @throws conflict – his access is closed; the session has ended or views already
   */
  async function begin(actor: Actor, personId: string): Promise<void> {
    if (!isStaff(actor)) throw fail('not_found', { what: 'person' });
    if (!viewsAs(actor)) throw forbidden();
    refuseUnproven(actor, now());
    const at = now();
    await db.transaction(async (tx) => {
      // Whoever takes a right or access from one of the two comes before, and is seen here, or after, and ends the view.
      await personRepository.lock(tx, [actor.personId, personId]);
      const standing = await personRepository.standingOf(tx, actor.personId);
      if (standing === null || !viewsAs(standing)) throw forbidden();
      const person = await tx.repository(Person).findOneBy({ id: personId });
      if (person === null) throw fail('not_found', { what: 'person' });
      if (person.role === 'admin') throw forbidden();
      if (!person.accessAllowed) throw fail('conflict', { what: 'access' });
      if (!(await sessionRepository.lockLive(tx, actor.sessionId)))
        throw fail('conflict', { what: 'session' });
      const endsAt = new Date(at.getTime() + VIEW_MS);
      const view = { sessionId: actor.sessionId, personId, begunAt: at, endsAt };
      if (!(await viewingRepository.insert(tx, view))) throw fail('conflict', { what: 'viewing' });
      await recordChange(tx, {
        ...{ kind: 'session', action: 'view_as.begun', by: actor, at },
        ...{ dealerId: person.dealerId, subjectId: personId, subject: person.name },
        ...{ before: null, after: { login: person.login, role: person.role } },
      });
      await sessionRepository.reconnect(tx, actor.sessionId);
    });
  }

  /** Done again, or without a view, it does nothing. */
  const end = (actor: Actor) => viewingRepository.end(db, actor.sessionId, now());

  /** The session as the viewed person's, while the view may go on; one that may not is ended here. */
  async function look(row: SessionRow): Promise<SessionRow | null> {
    if (row.viewId === null) return null;
    const viewed = await sessionRepository.findViewed(db, row.sessionId);
    if (viewed !== null && mayGoOn(row, viewed)) return viewed;
    await viewingRepository.endLost(db, now(), { sessionIds: [row.sessionId] });
    return null;
  }

  const mayGoOn = (row: SessionRow, viewed: SessionRow) =>
    row.endedReason === null &&
    viewsAs(actorOf(row)) &&
    row.accessAllowed &&
    viewed.role !== 'admin' &&
    viewed.accessAllowed &&
    viewed.viewEndsAt !== null &&
    viewed.viewEndsAt > now();

  return { begin, end, look };
}

const forbidden = () => fail('forbidden', { right: 'viewAs' });
