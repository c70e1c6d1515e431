import PDFDocument from 'pdfkit';
import { fontParts, fontRuns } from './demo.fonts';
import type { Weight } from './demo.fonts';
import type { PaperKind } from './content/types';

interface PaperParty {
  legalName: string;
  taxId: string;
  city: string;
}

export interface PaperLine {
  code: string;
  name: string;
  unit: string;
  quantity: number;
  priceKopecks: number;
}

/** What is printed. Everything comes in as data, so the same data gives the same bytes. */
export interface PaperData {
  number: string;
  date: Date;
  /** IANA zone in which `date` is printed. */
  zone: string;
  seller: PaperParty;
  buyer: PaperParty;
  contract: string;
  carrier: string;
  places: number;
  weightKg: number;
  lines: readonly PaperLine[];
}

const page = { left: 48, right: 547, top: 52, bottom: 760 };
const ink = '#22282b';
const pale = '#7b8387';
const rule = '#cfd4d6';

const titles = { invoice: 'Счёт на оплату', waybill: 'Товарная накладная', act: 'Акт' } as const;

/** Columns of the goods table: where a cell starts or, for figures, ends. */
const columns = {
  no: { x: 48 },
  code: { x: 68 },
  name: { x: 146, width: 182 },
  quantity: { end: 388 },
  price: { end: 466 },
  sum: { end: 547 },
} as const;

/**
 * Makes a paper of one order as PDF, A4; long tables run on to further pages.
 * @returns the same bytes for the same kind and data
 */
export async function makePdf(kind: PaperKind, data: PaperData): Promise<Buffer> {
  const title = `${titles[kind]} №${data.number} от ${longDate(data)}`;
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    info: {
      Title: title,
      Author: data.seller.legalName,
      CreationDate: data.date,
      ModDate: data.date,
    },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const finished = new Promise<void>((resolve, reject) => {
    doc.on('end', resolve);
    doc.on('error', reject);
  });
  registerFonts(doc);

  let y = head(doc, kind, title, data);
  y = table(doc, data, y);
  y = totals(doc, kind, data, y);
  signatures(doc, kind, data, y);
  doc.end();
  await finished;
  return Buffer.concat(chunks);
}

type Doc = InstanceType<typeof PDFDocument>;

function registerFonts(doc: Doc): void {
  for (const weight of [400, 700] as const) {
    for (const { subset, bytes } of fontParts(weight))
      doc.registerFont(fontName(subset, weight), bytes);
  }
}

function fontName(subset: string, weight: Weight): string {
  return `${subset}-${weight}`;
}

interface Style {
  size?: number;
  weight?: Weight;
  color?: string;
}

/** One line of text whose baseline box starts at `y`; with `end` it is set flush right. */
function write(
  doc: Doc,
  text: string,
  place: { y: number } & ({ x: number } | { end: number }),
  { size = 9, weight = 400, color = ink }: Style = {},
): void {
  let x = 'x' in place ? place.x : place.end - widthOf(doc, text, size, weight);
  doc.fillColor(color);
  for (const run of fontRuns(text, weight)) {
    doc.font(fontName(run.subset, weight)).fontSize(size);
    doc.text(run.text, x, place.y, { lineBreak: false });
    x += doc.widthOfString(run.text);
  }
}

function widthOf(doc: Doc, text: string, size: number, weight: Weight): number {
  return fontRuns(text, weight).reduce((width, run) => {
    doc.font(fontName(run.subset, weight)).fontSize(size);
    return width + doc.widthOfString(run.text);
  }, 0);
}

/** Breaks at spaces so that each line fits. */
function wrap(doc: Doc, text: string, width: number, size = 9): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const current = lines.at(-1);
    if (current !== undefined && widthOf(doc, `${current} ${word}`, size, 400) <= width) {
      lines[lines.length - 1] = `${current} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function line(doc: Doc, y: number, color = rule): void {
  doc.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.6).strokeColor(color).stroke();
}

function head(doc: Doc, kind: PaperKind, title: string, data: PaperData): number {
  write(doc, data.seller.legalName, { x: page.left, y: page.top }, { size: 10, weight: 700 });
  write(
    doc,
    `ИНН ${data.seller.taxId}, ${data.seller.city}`,
    { end: page.right, y: page.top + 1 },
    { color: pale },
  );
  line(doc, page.top + 22, ink);
  write(doc, title, { x: page.left, y: page.top + 42 }, { size: 16, weight: 700 });
  const facts: [string, string][] = [
    [
      kind === 'invoice' ? 'Плательщик' : 'Грузополучатель',
      `${data.buyer.legalName}, ИНН ${data.buyer.taxId}, ${data.buyer.city}`,
    ],
    ['Основание', `договор ${data.contract}, заказ №${data.number}`],
  ];
  if (kind !== 'invoice') {
    facts.push(['Перевозчик', `${data.carrier}; мест ${data.places}, ${groups(data.weightKg)} кг`]);
  }
  facts.forEach(([name, fact], index) => {
    const y = page.top + 80 + index * 17;
    write(doc, name, { x: page.left, y }, { color: pale });
    write(doc, fact, { x: columns.name.x, y });
  });
  return page.top + 80 + facts.length * 17 + 14;
}

function tableHead(doc: Doc, y: number): number {
  const style = { size: 8, color: pale };
  line(doc, y, ink);
  write(doc, '№', { x: columns.no.x, y: y + 7 }, style);
  write(doc, 'Код', { x: columns.code.x, y: y + 7 }, style);
  write(doc, 'Товар', { x: columns.name.x, y: y + 7 }, style);
  write(doc, 'Кол-во', { end: columns.quantity.end, y: y + 7 }, style);
  write(doc, 'Цена, ₽', { end: columns.price.end, y: y + 7 }, style);
  write(doc, 'Сумма, ₽', { end: columns.sum.end, y: y + 7 }, style);
  line(doc, y + 23, ink);
  return y + 23;
}

function table(doc: Doc, { lines }: PaperData, top: number): number {
  let y = tableHead(doc, top);
  lines.forEach(({ code, name, unit, quantity, priceKopecks }, index) => {
    const words = wrap(doc, name, columns.name.width);
    const height = words.length * 12 + 9;
    if (y + height > page.bottom) {
      doc.addPage();
      y = tableHead(doc, page.top);
    }
    write(doc, String(index + 1), { x: columns.no.x, y: y + 5 }, { color: pale });
    write(doc, code, { x: columns.code.x, y: y + 5 });
    words.forEach((text, row) => write(doc, text, { x: columns.name.x, y: y + 5 + row * 12 }));
    write(doc, `${groups(quantity)} ${unit}`, { end: columns.quantity.end, y: y + 5 });
    write(doc, money(priceKopecks), { end: columns.price.end, y: y + 5 });
    write(doc, money(priceKopecks * quantity), { end: columns.sum.end, y: y + 5 });
    y += height;
    line(doc, y);
  });
  return y;
}

function totals(doc: Doc, kind: PaperKind, { lines }: PaperData, top: number): number {
  const total = lines.reduce((sum, { quantity, priceKopecks }) => sum + quantity * priceKopecks, 0);
  let y = top + 12;
  if (y > page.bottom - 120) {
    doc.addPage();
    y = page.top;
  }
  write(doc, 'Итого', { end: columns.price.end, y }, { size: 11, weight: 700 });
  write(doc, money(total), { end: columns.sum.end, y }, { size: 11, weight: 700 });
  // 22 % is inside the price, as the price list says.
  const tax = Math.round((total * 22) / 122);
  write(doc, 'в том числе НДС 22 %', { end: columns.price.end, y: y + 18 }, { color: pale });
  write(doc, money(tax), { end: columns.sum.end, y: y + 18 }, { color: pale });
  const remark = {
    invoice: 'Счёт действует 5 рабочих дней. Товар отпускается после поступления оплаты.',
    waybill: 'Количество мест и целость упаковки проверяйте при водителе.',
    act: 'Стороны подтверждают перечисленное количество и сумму, взаимных претензий по акту нет.',
  } as const;
  write(doc, remark[kind], { x: page.left, y: y + 48 }, { color: pale });
  return y + 84;
}

function signatures(doc: Doc, kind: PaperKind, data: PaperData, y: number): void {
  const places: [number, string, string][] = [
    [page.left, kind === 'waybill' ? 'Отпустил' : 'Поставщик', data.seller.legalName],
    [320, kind === 'waybill' ? 'Принял' : 'Покупатель', data.buyer.legalName],
  ];
  for (const [x, role, name] of places.slice(0, kind === 'invoice' ? 1 : 2)) {
    write(doc, role, { x, y }, { weight: 700 });
    write(doc, name, { x, y: y + 15 }, { color: pale });
    doc
      .moveTo(x, y + 58)
      .lineTo(x + 200, y + 58)
      .lineWidth(0.6)
      .strokeColor(ink)
      .stroke();
  }
  const [x] = places[0] ?? [page.left];
  doc
    .path(`M${x + 22} ${y + 54}c10-34 18-36 20-8s10 10 16-10 12 24 22 10 18-22 26 2 20-6 34-8`)
    .lineWidth(1.3)
    .strokeColor('#2c4aa0')
    .stroke();
}

/** `184320,00` with narrow gaps: `184 320,00`. */
function money(kopecks: number): string {
  return `${groups(Math.floor(kopecks / 100))},${String(kopecks % 100).padStart(2, '0')}`;
}

function groups(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}

function longDate({ date, zone }: PaperData): string {
  return new Intl.DateTimeFormat('ru', { dateStyle: 'long', timeZone: zone }).format(date);
}
