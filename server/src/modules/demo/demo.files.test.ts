import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makeDemoContent, photos } from './demo.content';
import { paperOf } from './demo.papers';
import { createRandom } from './demo.random';
import { makePdf } from './pdf';
import type { PaperData } from './pdf';
import { makePhoto } from './photo';

const order = makeDemoContent().orders.find(({ number }) => number === 40231);

/** The papers of the known story; the table can be made longer than its order. */
function paper(repeat = 1): PaperData {
  const data = paperOf(order!, new Date('2026-11-19T09:00:00Z'));
  return { ...data, lines: Array.from({ length: repeat }, () => data.lines).flat() };
}

const pagesOf = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;

describe('photos', () => {
  it.each(Object.entries(photos))('%s is a picture with something on it', async (_key, shot) => {
    const bytes = await makePhoto(shot.kind, shot.seed, shot.print);
    const { format, width, height } = await sharp(bytes).metadata();
    expect({ format, width, height }).toEqual({ format: 'jpeg', width: 1200, height: 900 });
    expect(bytes.length).toBeLessThan(250_000);
    const { channels, entropy } = await sharp(bytes).stats();
    expect(entropy).toBeGreaterThan(5);
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(15);
  });

  it('are the same for the same seed and differ by print', async () => {
    const print = ['РАДИАТОР', '10 секций', 'Партия В-118', 'РБ'];
    const first = await makePhoto('label', 1, print);
    expect(await makePhoto('label', 1, print)).toEqual(first);
    expect(
      await makePhoto('label', 1, ['РАДИАТОР', '10 секций', 'Партия В-121', 'РБ']),
    ).not.toEqual(first);
  });
});

describe('papers', () => {
  it.each(['invoice', 'waybill', 'act'] as const)('%s is a one-page PDF', async (kind) => {
    const pdf = await makePdf(kind, paper());
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pagesOf(pdf)).toBe(1);
    expect(pdf.length).toBeGreaterThan(5_000);
  });

  it('runs on to further pages when the table is long', async () => {
    expect(pagesOf(await makePdf('waybill', paper(14)))).toBe(3);
  });

  it('is the same to the byte for the same data', async () => {
    expect(await makePdf('act', paper())).toEqual(await makePdf('act', paper()));
  });
});

describe('seeded chance', () => {
  it('repeats with its seed and spreads evenly', () => {
    const draw = (seed: string) => {
      const random = createRandom(seed);
      return Array.from({ length: 4000 }, () => random.int(0, 9));
    };
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    for (let value = 0; value < 10; value += 1) {
      const share = draw('a').filter((drawn) => drawn === value).length;
      expect(share).toBeGreaterThan(330);
      expect(share).toBeLessThan(470);
    }
  });

  it('refuses to pick from nothing', () => {
    expect(() => createRandom('a').pick([])).toThrow(RangeError);
  });
});
