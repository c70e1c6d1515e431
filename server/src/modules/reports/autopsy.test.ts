import { describe, expect, it } from 'vitest';
import type { WorkCalendar } from '../sla';
import { autopsy, type Part, type Turn } from './autopsy';

const calendar = (zone: string, week: WorkCalendar['week']): WorkCalendar => ({
  ...{ id: 'c', zone, week },
  exceptions: {},
});
const day = [{ from: 9 * 60, to: 18 * 60 }];
const moscow = calendar('Europe/Moscow', [day, day, day, day, day, [], []]);
const at = (text: string) => new Date(`2026-03-${text}:00+03:00`);
const HOUR = 3_600_000;
const part = (cause: Part['cause'], ms: number, colleagueId: string | null = null): Part => ({
  ...{ cause, ms, colleagueId },
});

describe('where the time of a missed deadline went', () => {
  it('is told for a Friday that ends on Monday', () => {
    const turns: Turn[] = [
      { at: at('06T17:00'), type: 'assigned', isAssigned: true },
      { at: at('09T10:00'), type: 'waits', waits: true },
      { at: at('09T12:00'), type: 'waits', waits: false },
      { at: at('09T13:00'), type: 'assigned', isAssigned: true },
    ];
    expect(autopsy({ startedAt: at('06T16:00'), endedAt: at('09T14:30') }, turns, moscow)).toEqual([
      part('unassigned', HOUR),
      part('out_of_hours', 63 * HOUR),
      part('owner', 4.5 * HOUR),
      part('dealer', 2 * HOUR),
    ]);
  });

  it('asks for the dealer, then an approval, then the colleague who was asked first', () => {
    const turns: Turn[] = [
      { at: at('06T09:30'), type: 'asked', questionId: 'q1', colleagueId: 'anna' },
      { at: at('06T10:30'), type: 'assigned', isAssigned: true },
      { at: at('06T11:00'), type: 'asked', questionId: 'q2', colleagueId: 'boris' },
      { at: at('06T12:00'), type: 'answered', questionId: 'q1' },
      { at: at('06T12:30'), type: 'approval', inApproval: true },
      { at: at('06T13:00'), type: 'waits', waits: true },
      { at: at('06T13:15'), type: 'answered', questionId: 'q2' },
      { at: at('06T14:00'), type: 'waits', waits: false },
      { at: at('06T14:30'), type: 'approval', inApproval: false },
    ];
    expect(autopsy({ startedAt: at('06T10:00'), endedAt: at('06T15:00') }, turns, moscow)).toEqual([
      part('colleague', 2 * HOUR, 'anna'),
      part('colleague', 0.5 * HOUR, 'boris'),
      part('approval', HOUR),
      part('dealer', HOUR),
      part('owner', 0.5 * HOUR),
    ]);
  });

  it('begins as it stood when the clock started, and ends with the clock', () => {
    const turns: Turn[] = [
      { at: at('05T10:00'), type: 'assigned', isAssigned: true },
      { at: at('06T12:00'), type: 'assigned', isAssigned: false },
    ];
    expect(autopsy({ startedAt: at('06T10:00'), endedAt: at('06T12:00') }, turns, moscow)).toEqual([
      part('owner', 2 * HOUR),
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
      const turns = Array.from({ length: random(12) }, (): Turn => {
        const moment = new Date(start - 86_400_000 + random(end - start + 2 * 86_400_000));
        const question = { at: moment, questionId: `q${random(4)}` };
        switch (random(5)) {
          case 0:
            return { at: moment, type: 'waits', waits: random(2) === 1 };
          case 1:
            return { at: moment, type: 'approval', inApproval: random(2) === 1 };
          case 2:
            return { ...question, type: 'asked', colleagueId: `c${random(3)}` };
          case 3:
            return { ...question, type: 'answered' };
          default:
            return { at: moment, type: 'assigned', isAssigned: random(3) > 0 };
        }
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
      for (const { cause, ms, colleagueId } of parts) {
        const same = cut.filter((one) => one.cause === cause && one.colleagueId === colleagueId);
        const total = same.reduce((all, one) => all + one.ms, 0);
        if (total !== ms) expect({ history, cause, total }).toEqual({ history, cause, total: ms });
      }
    }
  });
});
