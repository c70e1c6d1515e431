import { describe, expect, it } from 'vitest';
import { createDatabaseClock } from './database-clock';

const START = Date.parse('2026-03-02T09:00:00Z');

/** A database whose clock runs beside ours, and a wire whose two ways take the given milliseconds. */
function aDatabase() {
  let ours = 5_000;
  let theirs = START;
  const clock = createDatabaseClock(() => ours);
  const pass = (ms: number, there = ms) => {
    ours += ms;
    theirs += there;
  };
  return {
    clock,
    pass,
    theirs: () => theirs,
    answer(there: number, back: number) {
      const heard = clock.ask();
      pass(there);
      const said = new Date(theirs);
      pass(back);
      heard(said);
    },
    behind: () => theirs - (clock.moment()?.getTime() ?? 0),
  };
}

describe('the database clock as it is guessed', () => {
  it('is unknown before the first answer', () => {
    expect(aDatabase().clock.moment()).toBeNull();
  });

  it('lags by the way back of the best answer and is never ahead', () => {
    const database = aDatabase();
    database.answer(0, 30);
    expect(database.behind()).toBe(30);
    database.answer(40, 4);
    expect(database.behind()).toBe(4);
    database.answer(1, 200);
    expect(database.behind()).toBe(4);
    database.pass(60_000);
    expect(database.behind()).toBe(4);
  });

  it('follows a database whose clock was put forward', () => {
    const database = aDatabase();
    database.answer(1, 1);
    database.pass(10, 90_000);
    database.answer(1, 1);
    expect(database.behind()).toBe(1);
  });

  it('does not run back when that clock was put back, and follows once it is there again', () => {
    const database = aDatabase();
    database.answer(1, 1);
    database.pass(1_000);
    const before = database.clock.moment()?.getTime() ?? 0;
    database.pass(10, -60_000);
    database.answer(1, 1);
    expect(database.clock.moment()?.getTime()).toBe(before);
    database.pass(70_000);
    expect(database.behind()).toBe(1);
  });
});
