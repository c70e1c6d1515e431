import { expect, it } from 'vitest';
import { createLog } from '../../platform/log';
import type { Change } from './change-log.repository';
import { createRefusalLog } from './refusal.log';

/** Keeps what is written, and can be away like a database. */
function aTable() {
  const lines: { subject: string; after: { more?: number } }[] = [];
  const table = {
    lines,
    away: false,
    query<Row extends object>(_sql: string, values: readonly unknown[] = []): Promise<Row[]> {
      if (table.away) return Promise.reject(new Error('Connection terminated'));
      lines.push(...(JSON.parse(String(values[0])) as typeof lines));
      return Promise.resolve([]);
    },
  };
  return table;
}

const refusal = (subject: string): Change => ({
  ...{ kind: 'refusal', action: 'access.refused', by: null, address: '::1', at: new Date(0) },
  ...{ dealerId: null, subjectId: null, subject, before: null, after: { code: 'forbidden' } },
});

function aLog() {
  const table = aTable();
  const clock = { ms: 0 };
  const log = createRefusalLog({ db: table, log: createLog('silent', false), ms: () => clock.ms });
  return { table, clock, log };
}

it('writes each thing once a minute, twenty of a caller, and the number of the rest', async () => {
  const { table, clock, log } = aLog();
  for (let no = 0; no < 10_000; no += 1) log.note('one', refusal(`GET /x/${no % 100}`));
  log.note('two', refusal('GET /x/1'));
  await log.flush();
  expect(table.lines).toHaveLength(21);
  clock.ms = 60_000;
  await log.flush();
  expect(table.lines.slice(21)).toMatchObject([
    { subject: '', after: { code: 'forbidden', more: 9_980 } },
  ]);
  log.note('one', refusal('GET /x/1'));
  await log.stop();
  expect(table.lines).toHaveLength(23);
});

it('does not grow with the number of callers', async () => {
  const { table, log } = aLog();
  for (let no = 0; no < 50_000; no += 1) log.note(`network:${no}`, refusal('POST /session'));
  await log.stop();
  // Five hundred callers, and all others as one.
  expect(table.lines).toHaveLength(502);
  expect(table.lines.at(-1)?.after.more).toBe(50_000 - 501);
});

it('waits for a database that is away', async () => {
  const { table, log } = aLog();
  table.away = true;
  log.note('one', refusal('GET /x'));
  await log.flush();
  expect(table.lines).toEqual([]);
  table.away = false;
  await log.stop();
  expect(table.lines).toHaveLength(1);
});
