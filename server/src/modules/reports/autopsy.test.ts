import { describe, expect, it } from 'vitest';
import type { WorkCalendar } from '../sla';
import { autopsy, type Turn } from './autopsy';

const calendar = (zone: string, week: WorkCalendar['week']): WorkCalendar => ({
  ...{ id: 'c', zone, week },
  exceptions: {},
});
const day = [{ from: 9 * 60, to: 18 * 60 }];
const moscow = calendar('Europe/Moscow', [day, day, day, day, day, [], []]);
const at = (text: string) => new Date(`2026-03-${text}:00+03:00`);
const HOUR = 3_600_000;

describe('where the time of a missed deadline went', () => {
  it('is told for a Friday that ends on Monday', () => {
    const turns: Turn[] = [
      { at: at('06T17:00'), type: 'assigned', isAssigned: true },
      { at: at('09T10:00'), type: 'waits', waits: true },
      { at: at('09T12:00'), type: 'waits', waits: false },
      { at: at('09T13:00'), type: 'assigned', isAssigned: true },
    ];
    expect(autopsy({ startedAt: at('06T16:00'), endedAt: at('09T14:30') }, turns, moscow)).toEqual([
      { cause: 'unassigned', ms: HOUR },
      { cause: 'out_of_hours', ms: 63 * HOUR },
      { cause: 'owner', ms: 4.5 * HOUR },
      { cause: 'dealer', ms: 2 * HOUR },
    ]);
  });

  it('begins as it stood when the clock started, and ends with the clock', () => {
    const turns: Turn[] = [
      { at: at('05T10:00'), type: 'assigned', isAssigned: true },
      { at: at('06T12:00'), type: 'assigned', isAssigned: false },
    ];
    expect(autopsy({ startedAt: at('06T10:00'), endedAt: at('06T12:00') }, turns, moscow)).toEqual([
      { cause: 'owner', ms: 2 * HOUR },
    ]);
  });

  it('adds up to the whole interval for any history, cut anywhere', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const zones = ['Europe/Moscow', 'Europe/Berlin', 'America/St_Johns', 'Asia/Vladivostok'];
    const calendars = Array.from({ length: 40 }, () =>
      calendar(
        zones[random(zones.length)]!,
        Array.from({ length: 7 }, () => {
          const from = random(1_400);
          return random(4) === 0 ? [] : [{ from, to: from + 1 + random(600) }];
        }),
      ),
    );
    for (let history = 0; history < 4_000; history += 1) {
      const chosen = calendars[random(calendars.length)]!;
      // Around the change of the clocks in Europe.
      const start = Date.parse('2026-03-20T00:00:00Z') + random(12 * 86_400) * 1_000;
      const end = start + random(random(2) ? 20 * 86_400 : 3_600) * 1_000;
      const turns = Array.from({ length: random(9) }, (): Turn => {
        const moment = new Date(start - 86_400_000 + random(end - start + 2 * 86_400_000));
        return random(2)
          ? { at: moment, type: 'waits', waits: random(2) === 1 }
          : { at: moment, type: 'assigned', isAssigned: random(3) > 0 };
      }).sort((a, b) => Number(a.at) - Number(b.at));
      const whole = { startedAt: new Date(start), endedAt: new Date(end) };
      const parts = autopsy(whole, turns, chosen);
      const sum = parts.reduce((all, { ms }) => all + ms, 0);
      if (sum !== end - start) expect({ history, sum }).toEqual({ history, sum: end - start });
      if (parts.some(({ ms }) => ms <= 0)) expect(parts).toEqual('parts above 0');
      // Any cut in two is the same account: no moment belongs to two causes or to none.
      const middle = new Date(start + random(end - start + 1));
      const cut = [
        ...autopsy({ startedAt: whole.startedAt, endedAt: middle }, turns, chosen),
        ...autopsy({ startedAt: middle, endedAt: whole.endedAt }, turns, chosen),
      ];
      for (const { cause, ms } of parts) {
        const same = cut.filter((part) => part.cause === cause);
        const total = same.reduce((all, part) => all + part.ms, 0);
        if (total !== ms) expect({ history, cause, total }).toEqual({ history, cause, total: ms });
      }
    }
  });
});
