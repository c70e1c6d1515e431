import { describe, expect, it } from 'vitest';
import { workMsBetween } from '../sla/calendar';
import { aCalendar } from '../sla/calendar.factory';
import { advance, shownClock } from '../sla/sla.clock';
import type { Clock, ClockEvent } from '../sla/sla.clock';
import type { DemoAppeal, DemoStep, PersonKey, SlaIntent } from './demo.content';
import {
  dealers,
  isStaffKey,
  makeDemoContent,
  ordersOf,
  photos,
  products,
  staff,
  teams,
  topics,
  visitors,
} from './demo.content';
import { planMoments } from './demo.moments';

const content = makeDemoContent();
const { appeals, orders } = content;
const orderByNumber = new Map(orders.map((order) => [order.number, order]));

const textsOf = ({ subject, steps }: DemoAppeal) => [
  subject,
  ...steps.flatMap((step) => ('text' in step ? [step.text] : [])),
];
const messagesOf = ({ steps }: DemoAppeal) =>
  steps.filter((step) => step.do === 'message' || step.do === 'note');

describe('people and directories', () => {
  it('are as many as the demo promises, in different time zones', () => {
    expect(Object.keys(dealers)).toHaveLength(4);
    expect(new Set(Object.values(dealers).map(({ zone }) => zone)).size).toBe(4);
    expect(Object.keys(staff).length + Object.keys(visitors).length).toBeGreaterThanOrEqual(15);
    expect(Object.keys(products)).toHaveLength(40);
  });

  it('hold the seven fixed logins, and no login twice', () => {
    const logins = [...Object.values(staff), ...Object.values(visitors)].map(({ login }) => login);
    expect(new Set(logins).size).toBe(logins.length);
    for (const name of [
      'dealer',
      'dealer2',
      'other',
      'manager',
      'manager2',
      'supervisor',
      'admin',
    ]) {
      expect(logins).toContain(`${name}@demo.test`);
    }
    expect(visitors.utkin.dealer).toBe(visitors.somova.dealer);
    expect(visitors.burmistrova.dealer).not.toBe(visitors.somova.dealer);
  });

  it('have tax ids whose check digits are right', () => {
    const digit = (id: string, weights: number[]) =>
      (weights.reduce((sum, weight, index) => sum + weight * Number(id[index]), 0) % 11) % 10;
    const tail = [2, 4, 10, 3, 5, 9, 4, 6, 8];
    for (const { taxId } of Object.values(dealers)) {
      if (taxId.length === 10) expect(digit(taxId, tail)).toBe(Number(taxId[9]));
      else {
        expect(taxId).toHaveLength(12);
        expect(digit(taxId, [7, ...tail])).toBe(Number(taxId[10]));
        expect(digit(taxId, [3, 7, ...tail])).toBe(Number(taxId[11]));
      }
    }
  });

  it('send every topic to a department somebody works in', () => {
    for (const { team } of Object.values(topics)) {
      expect(Object.keys(teams)).toContain(team);
      expect(Object.values(staff).some((person) => person.teams.some((key) => key === team))).toBe(
        true,
      );
    }
  });
});

describe('orders', () => {
  it('are 120 in every state, with each dealer', () => {
    expect(orders).toHaveLength(120);
    expect(new Set(orders.map(({ state }) => state)).size).toBe(6);
    for (const dealer of Object.keys(dealers)) {
      expect(orders.filter((order) => order.dealer === dealer).length).toBeGreaterThan(20);
    }
  });

  it('have moments that follow each other and totals that add up', () => {
    for (const order of orders) {
      const moments = [order.createdAgo, order.shippedAgo, order.deliveredAgo].filter(
        (ago) => ago !== null,
      );
      expect(
        [...moments].sort((a, b) => b - a),
        `${order.number}`,
      ).toEqual(moments);
      expect(order.changedAgo).toBeLessThanOrEqual(order.createdAgo);
      expect(order.lines.length).toBeGreaterThan(0);
      expect(new Set(order.lines.map(({ product }) => product)).size).toBe(order.lines.length);
      expect(order.lines.reduce((sum, line) => sum + line.quantity * line.priceKopecks, 0)).toBe(
        order.totalKopecks,
      );
    }
    expect(orderByNumber.get(40231)?.totalKopecks).toBe(18_432_000);
  });
});

describe('appeals', () => {
  it('are 80, most of them written by hand, no two alike', () => {
    expect(appeals).toHaveLength(80);
    const byHand = appeals.filter(({ handWritten }) => handWritten);
    expect(byHand.length).toBeGreaterThanOrEqual(45);
    expect(new Set(appeals.map(({ subject }) => subject)).size).toBe(80);
    expect(new Set(appeals.map(({ key }) => key)).size).toBe(80);
    const texts = appeals.flatMap((appeal) => messagesOf(appeal).map((step) => step.text));
    const long = texts.filter((text) => text.length > 24);
    expect(new Set(long).size).toBe(long.length);
  });

  it('cover every type, topic and dealer', () => {
    expect(new Set(appeals.map(({ type }) => type)).size).toBe(3);
    expect(new Set(appeals.map(({ topic }) => topic)).size).toBe(Object.keys(topics).length);
    expect(new Set(appeals.map(({ dealer }) => dealer)).size).toBe(4);
  });

  it.each(appeals.map((appeal) => [appeal.key, appeal] as const))(
    '%s hangs together',
    (_key, appeal) => {
      const { steps, dealer } = appeal;
      expect(messagesOf(appeal).length).toBeLessThanOrEqual(9);
      const agos = steps.map(({ ago }) => ago);
      expect([...agos].sort((a, b) => b - a)).toEqual(agos);

      for (const number of ordersOf(appeal)) {
        const order = orderByNumber.get(number);
        expect(order?.dealer, `order ${number}`).toBe(dealer);
        expect(order?.createdAgo, `order ${number}`).toBeGreaterThan(agos[0] ?? 0);
        expect(order?.state).not.toBe('cancelled');
      }
      steps.forEach((step, index) => {
        if (!isStaffKey(step.person)) expect(visitors[step.person].dealer).toBe(dealer);
        if (step.do === 'message' && step.quotes !== undefined) {
          expect(step.quotes).toBeLessThan(index);
          expect(steps[step.quotes]?.do).toBe('message');
        }
        if (step.do === 'note') {
          const named = step.mentions.filter((key) => step.text.includes(`@${staff[key].name}`));
          const marks = step.text.split('@').length - 1;
          expect(named.length).toBe(marks);
        }
        if (step.beforeOpening !== undefined) expect(appeal.sla).toBe('settled');
      });
      for (const text of textsOf(appeal)) {
        expect(text).not.toMatch(/l[o]rem|ips[u]m|T[O]DO|\s{2}|^\s|\s$/i);
        expect(text.replaceAll(/\{(date|weekday|month):[+-]\d+\}/g, '')).not.toMatch(/[{}]/);
        expect(text.length).toBeLessThan(400);
      }
    },
  );

  it.each(appeals.map((appeal) => [appeal.key, appeal] as const))(
    '%s is worked on only by people who see it',
    (_key, { topic, steps }) => {
      const inside = new Set<PersonKey>();
      for (const step of steps) {
        if (!isStaffKey(step.person)) continue;
        const person = staff[step.person];
        const seesAll = person.role !== 'manager';
        const ofTeam = person.teams.some((team) => team === topics[topic].team);
        expect(seesAll || ofTeam || inside.has(step.person), `${step.do} by ${person.name}`).toBe(
          true,
        );
        inside.add(step.person);
        if (step.do === 'assign') inside.add(step.to);
        if (step.do === 'invite') inside.add(step.colleague);
        if (step.do === 'note') step.mentions.forEach((key) => inside.add(key));
      }
    },
  );

  it('tell the story of the wrong batch as number 1042, richest of all', () => {
    const index = appeals.findIndex(({ key }) => key === 'wrong-batch');
    expect(content.firstAppealNumber + index).toBe(1042);
    const kinds = new Set(
      appeals[index]?.steps.flatMap((step) => [
        step.do,
        ...(step.do === 'message' ? step.files.map(({ kind }) => kind) : []),
        ...('quotes' in step ? ['quote'] : []),
      ]),
    );
    expect([...kinds]).toEqual(
      expect.arrayContaining(['message', 'note', 'invite', 'photo', 'pdf', 'quote', 'status']),
    );
  });

  it('use every picture of the shelf', () => {
    const used = new Set(
      appeals.flatMap(({ steps }) =>
        steps.flatMap((step) =>
          step.do === 'message' || step.do === 'note'
            ? step.files.flatMap((file) => (file.kind === 'photo' ? [file.photo] : []))
            : [],
        ),
      ),
    );
    expect([...used].sort()).toEqual(Object.keys(photos).sort());
  });

  it('reopen at least twice and leave some without a responsible person', () => {
    const reopened = appeals.filter(({ steps }) =>
      steps.some(
        (step, index) =>
          step.do === 'status' &&
          (step.to === 'resolved' || step.to === 'closed') &&
          steps.slice(index).some((later) => later.do === 'message' && !isStaffKey(later.person)),
      ),
    );
    expect(reopened.length).toBeGreaterThanOrEqual(2);
    const untouched = appeals.filter(({ steps }) =>
      steps.every(({ person }) => !isStaffKey(person)),
    );
    expect(untouched.length).toBeGreaterThanOrEqual(8);
  });

  it('are the same again with the same seed, and others with another', () => {
    expect(makeDemoContent('otklik')).toEqual(content);
    expect(makeDemoContent('another').orders).not.toEqual(orders);
  });
});

describe('the board right after loading', () => {
  const calendar = aCalendar({ exceptions: { '2026-11-04': '', '2026-11-03': '9:00-17:00' } });
  const work = (from: Date, to: Date) => workMsBetween(from, to, calendar);
  /** What the product's policies ask, in working minutes. */
  const targets = {
    standard: { first_response: 120, next_response: 240, resolution: 1620 },
    question: { first_response: 240, next_response: 480, resolution: 2700 },
    high: { first_response: 60, next_response: 120, resolution: 1080 },
  };

  const eventOf = (step: DemoStep): ClockEvent | null => {
    if (step.do === 'message') {
      return { type: isStaffKey(step.person) ? 'staff_message' : 'dealer_message' };
    }
    if (step.do === 'no_answer_needed') return { type: 'no_answer_needed' };
    if (
      step.do === 'status' &&
      (step.to === 'waiting' || step.to === 'resolved' || step.to === 'closed')
    )
      return { type: step.to };
    return null;
  };

  const intentAt = (now: Date, { steps, type, priority }: DemoAppeal): SlaIntent => {
    const name = priority === 'high' ? 'high' : type === 'question' ? 'question' : 'standard';
    const policy = { id: name, targets: targets[name], warnShare: 0.75 };
    const moments = planMoments(steps, now, work);
    let clocks: Clock[] = [];
    steps.forEach((step, index) => {
      const event = eventOf(step);
      const at = moments[index];
      if (event && at) clocks = advance(clocks, event, { at, policy, calendar }).clocks;
    });
    const open = clocks.filter(({ endedAt }) => !endedAt);
    if (open.length === 0) return 'settled';
    if (open.some(({ dueAt }) => dueAt && dueAt < now)) return 'breached';
    if (open.some(({ warnAt }) => warnAt && warnAt <= now)) return 'risk';
    return shownClock(clocks)?.state === 'paused' ? 'paused' : 'track';
  };

  it.each([
    ['a Monday as the office opens', '2026-11-16T06:00:30Z'],
    ['a Wednesday after lunch', '2026-11-18T11:17:05Z'],
    ['a Friday evening', '2026-11-20T19:40:00Z'],
    ['a Sunday night', '2026-11-22T00:12:44Z'],
    ['a day off on a weekday', '2026-11-04T10:00:00Z'],
    ['a New Year’s Eve in another year', '2027-12-31T12:00:00Z'],
  ])('is as intended on %s', (_when, moment) => {
    const now = new Date(moment);
    const seen = Object.fromEntries(appeals.map((appeal) => [appeal.key, intentAt(now, appeal)]));
    expect(seen).toEqual(Object.fromEntries(appeals.map(({ key, sla }) => [key, sla])));
  });

  it('has rows in every lane', () => {
    const count = (intent: SlaIntent) => appeals.filter(({ sla }) => sla === intent).length;
    expect(count('breached')).toBeGreaterThanOrEqual(4);
    expect(count('risk')).toBeGreaterThanOrEqual(6);
    expect(count('track')).toBeGreaterThanOrEqual(20);
    expect(count('paused')).toBeGreaterThanOrEqual(8);
    expect(count('settled')).toBeGreaterThanOrEqual(20);
  });
});
