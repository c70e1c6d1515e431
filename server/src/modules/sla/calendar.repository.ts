import {
  dayHours,
  specialDates,
  type CalendarVersion,
  type OwnDay,
} from '@otklik/shared/calendar-days';
import { lastKnownYear } from '@otklik/shared/production';
import type { Db, Tx } from '../../platform/db';
import type { WorkCalendar } from './calendar';

/** A calendar as the database keeps it. */
export interface StoredCalendar {
  id: string;
  /** Grows with every change, also when a team or dealer is taken from it. */
  rev: number;
  name: string;
  zone: string;
  isCompany: boolean;
  versions: CalendarVersion[];
  days: Record<string, OwnDay>;
  teamIds: string[];
  dealerIds: string[];
}

/** What a calendar was before a moment in the course of a day. */
export interface PastHours extends Pick<StoredCalendar, 'versions' | 'days'> {
  until: string;
}

/** Working hours under a name, ready to count with. The company's hold where nothing more specific does. */
export interface Calendar extends StoredCalendar, WorkCalendar {}

/** A subquery: all calendars as one JSON list, the company's first. */
export const CALENDARS = `
  SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'rev', c.rev, 'name', c.name, 'zone', c.zone, 'isCompany', c.is_company,
      'versions', (SELECT jsonb_agg(jsonb_build_object(
          'validFrom', nullif(v.valid_from, '-infinity'), 'week', v.week, 'country', v.country
        ) ORDER BY v.valid_from) FROM calendar_version v WHERE v.calendar_id = c.id),
      'days', (SELECT coalesce(jsonb_object_agg(d.day, jsonb_build_object(
          'kind', d.kind, 'intervals', d.intervals, 'note', d.note)), '{}') FROM calendar_day d WHERE d.calendar_id = c.id),
      'past', (SELECT coalesce(jsonb_agg(jsonb_build_object('until', p.until, 'versions', p.versions, 'days', p.days)
          ORDER BY p.until), '[]') FROM calendar_past p WHERE p.calendar_id = c.id),
      'teamIds', (SELECT coalesce(jsonb_agg(t.id ORDER BY t.id), '[]') FROM team t WHERE t.calendar_id = c.id),
      'dealerIds', (SELECT coalesce(jsonb_agg(d.id ORDER BY d.id), '[]') FROM dealer d WHERE d.calendar_id = c.id)
    ) ORDER BY c.is_company DESC, c.name, c.id), '[]') FROM calendar c`;

/**
 * Works out every day on which the week alone does not decide, so that counting looks at lists only.
 * @param past oldest first
 */
export function calendarOf({
  past = [],
  ...stored
}: StoredCalendar & { past?: readonly PastHours[] }): Calendar {
  const country = stored.versions.at(-1)?.country ?? null;
  const before = past.reduce<WorkCalendar['before']>(
    (earlier, { until, ...content }) => ({
      until: new Date(until),
      hours: { ...hoursOf({ ...stored, ...content }), ...(earlier && { before: earlier }) },
    }),
    undefined,
  );
  return {
    ...stored,
    ...hoursOf(stored),
    ...(country !== null && { lastKnownYear: lastKnownYear(country) }),
    ...(before && { before }),
  };
}

function hoursOf(stored: Pick<StoredCalendar, 'id' | 'zone' | 'versions' | 'days'>): WorkCalendar {
  const [first, ...later] = stored.versions;
  if (first === undefined) throw new Error(`Calendar ${stored.id} has no version`);
  return {
    ...{ id: stored.id, zone: stored.zone, week: first.week },
    laterWeeks: later.map(({ validFrom, week }) => ({ from: validFrom ?? '', week })),
    exceptions: Object.fromEntries(
      specialDates(stored).map((date) => [date, dayHours(stored, date).intervals]),
    ),
  };
}

/** The local date of a moment. Canadian English writes dates as ISO 8601 does. */
export function localDate(zone: string, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
}

export const calendarRepository = {
  async insert(tx: Tx, calendar: StoredCalendar): Promise<void> {
    await tx.query(`INSERT INTO calendar (id, name, zone) VALUES ($1, $2, $3)`, [
      calendar.id,
      calendar.name,
      calendar.zone,
    ]);
    await writeRows(tx, calendar);
  },

  async save(tx: Tx, calendar: StoredCalendar): Promise<void> {
    const { id, name, zone, rev } = calendar;
    await tx.query(`UPDATE calendar SET name = $2, zone = $3, rev = $4 WHERE id = $1`, [
      id,
      name,
      zone,
      rev,
    ]);
    await tx.query(`DELETE FROM calendar_version WHERE calendar_id = $1`, [id]);
    await tx.query(`DELETE FROM calendar_day WHERE calendar_id = $1`, [id]);
    await writeRows(tx, calendar);
  },

  /** Until now it was so; clocks keep what they counted by it. */
  async keepPast(
    tx: Tx,
    { id, versions, days }: Pick<StoredCalendar, 'id' | 'versions' | 'days'>,
    until: Date,
  ): Promise<void> {
    // Of two changes in one moment the first knows how it was before.
    await tx.query(
      `INSERT INTO calendar_past (calendar_id, until, versions, days) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [id, until, JSON.stringify(versions), JSON.stringify(days)],
    );
  },

  async remove(tx: Tx, id: string): Promise<void> {
    await tx.query(`DELETE FROM calendar WHERE id = $1`, [id]);
  },

  /** Whether a clock has ever run by it. */
  async isUsed(q: Pick<Db, 'query'>, id: string): Promise<boolean> {
    const [row] = await q.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM sla_clock WHERE calendar_id = $1) AS used`,
      [id],
    );
    return row?.used ?? false;
  },

  async usedIds(q: Pick<Db, 'query'>): Promise<Set<string>> {
    const rows = await q.query<{ id: string }>(
      `SELECT c.id FROM calendar c WHERE EXISTS (SELECT 1 FROM sla_clock s WHERE s.calendar_id = c.id)`,
    );
    return new Set(rows.map(({ id }) => id));
  },

  async owners(q: Pick<Db, 'query'>) {
    const [teams, dealers] = await Promise.all([
      q.query<{ id: string; nameRu: string; nameEn: string }>(
        `SELECT id, name_ru AS "nameRu", name_en AS "nameEn" FROM team ORDER BY name_ru, id`,
      ),
      q.query<{ id: string; name: string }>(`SELECT id, name FROM dealer ORDER BY name, id`),
    ]);
    return { teams, dealers };
  },
};

async function writeRows(tx: Tx, calendar: StoredCalendar): Promise<void> {
  const { id, versions, days, isCompany, teamIds, dealerIds } = calendar;
  await tx.query(
    `INSERT INTO calendar_version (calendar_id, valid_from, week, country)
     SELECT $1, coalesce(v."validFrom", '-infinity'), v.week, v.country
     FROM jsonb_to_recordset($2::jsonb) AS v("validFrom" date, week jsonb, country text)`,
    [id, JSON.stringify(versions)],
  );
  await tx.query(
    `INSERT INTO calendar_day (calendar_id, day, kind, intervals, note)
     SELECT $1, d.key::date, d.value->>'kind', d.value->'intervals', d.value->>'note' FROM jsonb_each($2::jsonb) d`,
    [id, JSON.stringify(days)],
  );
  if (isCompany) {
    await tx.query(
      `UPDATE calendar SET is_company = false, rev = rev + 1 WHERE is_company AND id <> $1`,
      [id],
    );
    await tx.query(`UPDATE calendar SET is_company = true WHERE id = $1 AND NOT is_company`, [id]);
  }
  await setOwners(tx, 'team', id, teamIds);
  await setOwners(tx, 'dealer', id, dealerIds);
}

/** Whoever comes from another calendar is missed there: its revision grows, so that a form of before does not take him back. */
async function setOwners(
  tx: Tx,
  table: 'team' | 'dealer',
  calendarId: string,
  ids: readonly string[],
): Promise<void> {
  await tx.query(`SELECT id FROM ${table} WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, [
    ids,
  ]);
  await tx.query(
    `UPDATE calendar SET rev = rev + 1 WHERE id IN (SELECT calendar_id FROM ${table} WHERE id = ANY ($2) AND calendar_id <> $1)`,
    [calendarId, ids],
  );
  await tx.query(
    `UPDATE ${table} SET calendar_id = CASE WHEN id = ANY ($2) THEN $1::uuid END
     WHERE (calendar_id = $1) IS DISTINCT FROM (id = ANY ($2)) AND (calendar_id = $1 OR id = ANY ($2))`,
    [calendarId, ids],
  );
}
