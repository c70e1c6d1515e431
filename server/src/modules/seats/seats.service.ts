import type { Role } from '@otklik/shared/people';
import type { Seats } from '@otklik/shared/seats';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { holds, type Actor } from '../people';
import type { OpenSockets } from './census';
import { seatsRepository } from './seats.repository';

interface Deps {
  db: Db;
  now: () => Date;
  /** Open connections of all nodes that answer. */
  sockets: () => Promise<OpenSockets[]>;
}

const ROLES: readonly Role[] = ['dealer', 'manager', 'supervisor', 'admin'];

export type SeatsService = ReturnType<typeof createSeatsService>;

export function createSeatsService({ db, now, sockets }: Deps) {
  /** @throws not_found – for dealers; @throws forbidden – only admins count */
  async function seats(actor: Actor): Promise<Seats> {
    if (!holds(actor, 'staff.work')) throw fail('not_found', { what: 'seats' });
    if (!holds(actor, 'seats.see')) throw fail('forbidden', { right: 'manageCompany' });
    const [rows, open] = await Promise.all([seatsRepository.count(db, now()), sockets()]);
    const sum = (of: typeof rows, fits: (one: OpenSockets) => boolean) => ({
      accounts: total(of, 'accounts'),
      allowed: total(of, 'allowed'),
      sessions: total(of, 'sessions'),
      sockets: total(open.filter(fits), 'sockets'),
    });
    return {
      roles: ROLES.map((role) => ({
        role,
        ...sum(
          rows.filter((row) => row.role === role),
          (one) => one.role === role,
        ),
      })),
      dealers: rows.flatMap((row) => {
        const { dealerId: id, dealerName: name } = row;
        if (id === null || name === null) return [];
        return [{ id, name, ...sum([row], (one) => one.dealerId === id) }];
      }),
    };
  }

  return { seats };
}

const total = <Name extends string>(rows: readonly Record<Name, number>[], name: Name) =>
  rows.reduce((sum, row) => sum + row[name], 0);
