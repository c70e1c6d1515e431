import sharp from 'sharp';
import { createRandom } from './demo.random';
import type { Random } from './demo.random';
import { barcode, box, n, photoHeight, photoWidth, scene, softRect, textPath } from './photo.svg';

export type PhotoKind = 'label' | 'boxes' | 'pallet' | 'dent' | 'leak' | 'truck' | 'waybill';

/**
 * Draws a picture such as a dealer would send and renders it as JPEG, 1200 × 900.
 * @param seed the same kind, seed and print give the same picture
 * @param print lines for labels and boards; what a kind has no place for is ignored
 */
export async function makePhoto(
  kind: PhotoKind,
  seed: number,
  print: readonly string[] = [],
): Promise<Buffer> {
  const random = createRandom(`${kind}/${seed}`);
  const svg = Buffer.from(scenes[kind](random, print));
  const { data, info } = await sharp(svg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  addGrain(data, random.int(0, grain.length - 1));
  const { width, height, channels } = info;
  return sharp(data, { raw: { width, height, channels } }).jpeg({ quality: 76 }).toBuffer();
}

/** Sensor noise, −7…7 levels of brightness; a prime length keeps it from forming columns. */
const grain = (() => {
  const random = createRandom('grain');
  return Int8Array.from({ length: 65_521 }, () => random.int(-4, 4) + random.int(-3, 3));
})();

/** Roughens an RGB picture in place. By hand: the picture library takes ten times as long to blend noise in. */
function addGrain(pixels: Buffer, start: number): void {
  let at = start;
  for (let index = 0; index + 2 < pixels.length; index += 3) {
    at = at + 1 === grain.length ? 0 : at + 1;
    const change = grain[at] ?? 0;
    for (let channel = index; channel < index + 3; channel += 1) {
      const value = (pixels[channel] ?? 0) + change;
      pixels[channel] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
}

const scenes: Record<PhotoKind, (random: Random, print: readonly string[]) => string> = {
  label: labelScene,
  boxes: boxesScene,
  pallet: palletScene,
  dent: dentScene,
  leak: leakScene,
  truck: truckScene,
  waybill: waybillScene,
};

/** A paper label on cardboard, shot close and not quite straight. */
function labelScene(
  random: Random,
  [title = '', detail = '', batch = '', code = '']: readonly string[],
): string {
  const turn = random.int(-70, 50) / 10 - 2;
  const shift = random.int(1, 3);
  const inspector = random.int(11, 48);
  return scene(
    `<linearGradient id="wall" x2=".25" y2="1"><stop stop-color="#caa071"/><stop offset="1" stop-color="#8e6740"/></linearGradient>`,
    `<rect width="1200" height="900" fill="url(#wall)"/>
     ${corrugation(random)}
     <rect width="1200" height="128" fill="#dcc39a" opacity=".62"/><path d="M0 128h1200" stroke="#7a5936" stroke-opacity=".35" stroke-width="3"/>
     <g transform="rotate(${n(turn)} 600 470) skewX(${n(random.int(-30, 30) / 10)})">
       ${softRect({ x: 184, y: 200, width: 852, height: 586 }, '#3b2510', 0.4)}
       <rect x="185" y="196" width="830" height="560" fill="#f5f3ee"/>
       <path d="M185 196h830v560z" fill="#fff" opacity=".35"/>
       ${textPath(title, { x: 235, y: 290, size: 54, weight: 700 })}
       ${textPath(detail, { x: 235, y: 346, size: 34, fill: '#6a6862' })}
       ${textPath(batch, { x: 235, y: 462, size: 88, weight: 700 })}
       ${textPath(`смена ${shift} · контролёр ${inspector}`, { x: 235, y: 520, size: 30, fill: '#6a6862' })}
       ${barcode(random, { x: 237, y: 556, width: 500, height: 130 })}
       ${textPath(code, { x: 237, y: 728, size: 30, fill: '#4a4844' })}
       <rect x="815" y="556" width="150" height="130" fill="none" stroke="#2b2b2b" stroke-width="9"/>
       <path d="M890 586l34 62h-68z" fill="#2b2b2b"/>
     </g>`,
  );
}

function boxesScene(random: Random, [print = '']: readonly string[]): string {
  const crushed = print.startsWith('К');
  return scene(
    warehouse,
    `${warehouseBack(random)}
     <ellipse cx="620" cy="792" rx="540" ry="62" fill="url(#shadow)"/>
     ${box(random, { x: 150, y: 500, width: 400, height: 290, print })}
     ${box(random, { x: 600, y: 492, width: 410, height: 298, print })}
     ${box(random, { x: 340, y: 222, width: 430, height: 276, print })}
     ${crushed ? crush : ''}`,
  );
}

/** A corner pushed in and torn, over the upper box. */
const crush = `
  <path d="M770 222l-74 8 22 44-30 26 46 34-8 52 44 30z" fill="#6f4d2b"/>
  <path d="M770 222l-74 8 22 44-30 26 46 34-8 52 44 30" fill="none" stroke="#e9d2a9" stroke-width="5" stroke-linejoin="round"/>
  <path d="M718 274l-58-14M688 300l-70 22M734 334l-60 40M726 386l-40 46" stroke="#5f4226" stroke-opacity=".55" stroke-width="4"/>
  <path d="M712 238l46 50-34 20 34 44" stroke="#3f2a15" stroke-width="3" fill="none" opacity=".7"/>
  <path d="M770 416l52-36v-60l-26-40 20-30-18-58-28 30z" fill="#5c4025" opacity=".8"/>`;

function palletScene(random: Random, [print = '']: readonly string[]): string {
  const rows = [
    { y: 560, count: 3 },
    { y: 396, count: 3 },
    { y: 232, count: random.int(1, 2) },
  ];
  const stack = rows
    .map(({ y, count }) =>
      Array.from({ length: count }, (_, column) =>
        box(random, { x: 236 + column * 232, y, width: 230, height: 162, print }),
      ).join(''),
    )
    .join('');
  return scene(
    warehouse,
    `${warehouseBack(random)}
     <ellipse cx="620" cy="818" rx="520" ry="56" fill="url(#shadow)"/>
     <path d="M214 724h730l44-26v22l-44 30h-730z" fill="#a1794a"/><path d="M214 750h730v14h-730z" fill="#8a6439"/>
     <path d="M226 764h120v48h-120zM520 764h120v48h-120zM814 764h120v48h-120z" fill="#75532e"/>
     ${stack}
     <path d="M214 ${rows[2]?.count === 1 ? 300 : 226}L960 ${random.int(330, 372)}v390h-746z" fill="#eef4f7" opacity=".17"/>
     <path d="M216 330l744 70M216 470l744-30M216 590l744 46M216 690l744-26" stroke="#fff" stroke-opacity=".34" stroke-width="9"/>`,
  );
}

/** The corner of a white panel radiator, pushed in: the sheet lies in folds and the paint is off. */
function dentScene(random: Random): string {
  const x = random.int(280, 380);
  const y = random.int(250, 340);
  const ribs = Array.from(
    { length: 8 },
    (_, index) =>
      `<rect x="${x + 226 + index * 112}" y="${y + 92}" width="44" height="760" rx="22" fill="url(#rib)"/>`,
  ).join('');
  const at = (dx: number, dy: number) => `${x + dx} ${y + dy}`;
  const fold = (fill: string, ...points: string[]) =>
    `<path fill="${fill}" d="M${points.join('L')}z"/>`;
  const deep = at(104 + random.int(-8, 8), 104 + random.int(-8, 8));
  const [top, chip, side, foot] = [at(196, 0), at(84, 52), at(30, 84), at(0, 214)];
  const [right, low, left] = [at(204, 92), at(158, 196), at(70, 236)];
  return scene(
    `<linearGradient id="plaster" x2="1" y2="1"><stop stop-color="#b9b4aa"/><stop offset="1" stop-color="#8d8981"/></linearGradient>
     <linearGradient id="sheet" x2=".7" y2="1"><stop stop-color="#fbfbf9"/><stop offset="1" stop-color="#d5d7d6"/></linearGradient>
     <linearGradient id="rib"><stop stop-color="#c4c8c8"/><stop offset=".4" stop-color="#f6f7f6"/><stop offset="1" stop-color="#cfd2d2"/></linearGradient>`,
    `<rect width="1200" height="900" fill="url(#plaster)"/>
     ${softRect({ x: x - 56, y: y + 40, width: 1100, height: 900 }, '#1c1a17', 0.42)}
     <path d="M${at(150, -46)}H1200V${y}H${x + 196}L${at(120, -14)}z" fill="#dfe2e0"/>
     <path d="M${at(150, -46)}H1200" stroke="#fff" stroke-width="5"/>
     <path d="M1200 ${y}L${top}L${chip}L${side}L${foot}V900H1200z" fill="url(#sheet)"/>
     ${ribs}
     ${fold('#d9dcdb', top, right, deep, chip)}
     ${fold('#868c8d', chip, deep, side)}
     ${fold('#aab0b0', side, deep, left, foot)}
     ${fold('#c3c8c7', deep, right, low)}
     ${fold('#989e9e', deep, low, left)}
     <path d="M${chip}L${deep}L${low}M${deep}L${left}" fill="none" stroke="#fff" stroke-opacity=".75" stroke-width="4" stroke-linejoin="round"/>
     <path d="M${right}L${deep}" stroke="#6f7677" stroke-opacity=".5" stroke-width="3"/>
     <path d="M${chip}l26 10-6 22-24 16-22-6 4-26z" fill="#6b6257"/><path d="M${chip}l18 12-10 14-14-6z" fill="#8c8274"/>
     <path d="M${at(214, 120)}l70 58M${at(226, 112)}l48 34" stroke="#a9afaf" stroke-width="3" stroke-linecap="round"/>`,
  );
}

/** A threaded joint with drops under it: of a pump group, or of a manifold when its code is given. */
function leakScene(random: Random, [code]: readonly string[]): string {
  const x = random.int(520, 640);
  const drops = Array.from({ length: 7 }, (_, index) => {
    const dropX = x - 74 + random.int(0, 150);
    const dropY = 640 + index * random.int(22, 30);
    const size = random.int(7, 15);
    return `<path transform="translate(${dropX} ${dropY}) scale(${size / 10})" d="M0-16q11 15 11 22a11 11 0 0 1-22 0q0-7 11-22z" fill="#dfeef5" fill-opacity=".85" stroke="#6f8794" stroke-opacity=".5"/>`;
  }).join('');
  const thread = Array.from(
    { length: 6 },
    (_, index) =>
      `<rect x="${x - 92}" y="${548 + index * 13}" width="184" height="6" rx="3" fill="#8a6b2c"/>`,
  ).join('');
  return scene(
    `<linearGradient id="brass"><stop stop-color="#7f5f22"/><stop offset=".3" stop-color="#e9cf86"/><stop offset=".55" stop-color="#c29b46"/><stop offset="1" stop-color="#6c4f1a"/></linearGradient>
     <linearGradient id="steel"><stop stop-color="#6d7478"/><stop offset=".32" stop-color="#eef2f3"/><stop offset=".6" stop-color="#aab2b5"/><stop offset="1" stop-color="#596064"/></linearGradient>
     <linearGradient id="bar" x2="0" y2="1"><stop stop-color="#7b8387"/><stop offset=".3" stop-color="#f3f6f6"/><stop offset=".65" stop-color="#a5adb0"/><stop offset="1" stop-color="#565d61"/></linearGradient>
     <linearGradient id="red"><stop stop-color="#6d1c18"/><stop offset=".35" stop-color="#c9483b"/><stop offset="1" stop-color="#5a1512"/></linearGradient>
     <linearGradient id="room" x2="1" y2="1"><stop stop-color="#9aa19f"/><stop offset="1" stop-color="#5d6463"/></linearGradient>`,
    `<rect width="1200" height="900" fill="url(#room)"/>
     ${softRect({ x: 76, y: -40, width: 112, height: 1000 }, '#7b5a4a', 0.75)}${softRect({ x: 966, y: -40, width: 124, height: 1000 }, '#4d6478', 0.75)}${softRect({ x: -40, y: 676, width: 1280, height: 82 }, '#454b4b', 0.6)}
     <rect x="${x - 74}" y="560" width="148" height="340" fill="url(#steel)"/>
     ${thread}
     ${code === undefined ? pumpAbove(x) : manifoldAbove(x, code)}
     <path d="M${x - 146} 440h292l30 34v52l-30 34h-292l-30-34v-52z" fill="url(#brass)"/>
     <path d="M${x - 60} 440v120M${x + 62} 440v120" stroke="#5d4416" stroke-opacity=".6" stroke-width="5"/>
     <path d="M${x - 128} 560q20 42 8 96t26 128q10-70-6-128t6-96z" fill="#e4f1f6" opacity=".62"/>
     <path d="M${x - 40} 560q4 30-8 66t14 78q8-44 0-76t8-68z" fill="#e4f1f6" opacity=".5"/>
     ${drops}
     <ellipse cx="${x}" cy="868" rx="300" ry="38" fill="#cfe0e6" opacity=".4"/><ellipse cx="${x - 40}" cy="862" rx="120" ry="12" fill="#fff" opacity=".36"/>`,
  );
}

function pumpAbove(x: number): string {
  return `<rect x="${x - 128}" y="0" width="256" height="210" fill="url(#red)"/>
     <circle cx="${x}" cy="250" r="206" fill="url(#red)"/><circle cx="${x}" cy="250" r="150" fill="#2b2f31"/>
     <circle cx="${x}" cy="250" r="112" fill="#3a3f42"/><path d="M${x - 66} 236h132v28h-132z" fill="#d9dcdb"/>
     ${textPath('25/60', { x: x - 40, y: 259, size: 28, weight: 700 })}`;
}

/** A steel bar with capped outlets. */
function manifoldAbove(x: number, code: string): string {
  const outlets = [-440, -220, 0, 220, 440]
    .map(
      (dx) => `<rect x="${x + dx - 48}" y="150" width="96" height="120" fill="url(#steel)"/>
        <rect x="${x + dx - 66}" y="54" width="132" height="116" rx="16" fill="url(#red)"/>
        <path d="M${x + dx - 30} 62v100M${x + dx} 62v100M${x + dx + 30} 62v100" stroke="#4c0f0c" stroke-opacity=".4" stroke-width="5"/>`,
    )
    .join('');
  return `${outlets}<rect y="250" width="1200" height="190" fill="url(#bar)"/>
    <rect x="${x + 190}" y="306" width="190" height="70" rx="4" fill="#f2f1ec"/>
    ${textPath(code, { x: x + 210, y: 356, size: 42, weight: 700 })}`;
}

/** The back of a truck in a loading gate. */
function truckScene(random: Random, [board = '']: readonly string[]): string {
  const ridges = Array.from(
    { length: 9 },
    (_, index) =>
      `<path d="M${372 + index * 57} 236v428" stroke="#8d9499" stroke-opacity=".55" stroke-width="4"/>`,
  ).join('');
  return scene(
    `<linearGradient id="facade" x2="0" y2="1"><stop stop-color="#8fa0ab"/><stop offset="1" stop-color="#6c7a84"/></linearGradient>
     <linearGradient id="road" x2="0" y2="1"><stop stop-color="#71706c"/><stop offset="1" stop-color="#494845"/></linearGradient>
     <linearGradient id="body" x2="1" y2="1"><stop stop-color="#f4f5f4"/><stop offset="1" stop-color="#c6cbce"/></linearGradient>`,
    `<rect width="1200" height="900" fill="url(#facade)"/>
     ${Array.from({ length: 20 }, (_, index) => `<path d="M${index * 64} 0v720" stroke="#4d5b65" stroke-opacity=".22" stroke-width="5"/>`).join('')}
     <rect y="712" width="1200" height="188" fill="url(#road)"/>
     <path d="M252 120h700v592h-700z" fill="#1d2428"/>
     <path d="M252 120h700v60h-700z" fill="#39454c"/>
     <path d="M276 712V150M928 712V150" stroke="#d8b23c" stroke-width="26" stroke-dasharray="44 40"/>
     <rect x="470" y="42" width="264" height="62" rx="6" fill="#f0c94a"/>
     ${textPath(board, { x: 496, y: 88, size: 42, weight: 700, fill: '#26221a' })}
     <ellipse cx="600" cy="800" rx="420" ry="46" fill="url(#shadow)"/>
     <rect x="330" y="206" width="540" height="486" rx="6" fill="url(#body)"/>
     ${ridges}
     <path d="M600 206v486" stroke="#5f676c" stroke-width="6"/><path d="M560 300v300M640 300v300" stroke="#737b80" stroke-width="12" stroke-linecap="round"/>
     <path d="M330 640h540v52h-540z" fill="#2f3538"/>
     <rect x="352" y="652" width="76" height="26" rx="4" fill="#b3362c"/><rect x="772" y="652" width="76" height="26" rx="4" fill="#b3362c"/>
     <rect x="508" y="646" width="184" height="40" rx="4" fill="#f4f4f0"/>
     ${textPath(`К ${random.int(102, 978)} ТУ`, { x: 530, y: 676, size: 30, weight: 700 })}
     <rect x="372" y="692" width="112" height="120" rx="26" fill="#1b1c1d"/><rect x="716" y="692" width="112" height="120" rx="26" fill="#1b1c1d"/>
     <path d="M0 846h1200" stroke="#fff" stroke-opacity=".16" stroke-width="12" stroke-dasharray="150 90"/>`,
  );
}

/** A waybill on a desk, signed, with one line marked by hand. */
function waybillScene(random: Random, [title = '']: readonly string[]): string {
  const marked = random.int(2, 5);
  const rows = Array.from({ length: 8 }, (_, index) => {
    const y = 330 + index * 46;
    const width = random.int(180, 330);
    return `<path d="M252 ${y + 26}h700" stroke="#b9b6ae" stroke-width="2"/>
      <rect x="306" y="${y - 2}" width="${width}" height="14" rx="3" fill="#8d8b85"/>
      ${textPath(String(index + 1), { x: 264, y: y + 12, size: 24, fill: '#5a5852' })}
      ${textPath(String(random.int(1, 40)), { x: 742, y: y + 12, size: 26, fill: '#3f3d39' })}
      ${textPath(`${random.int(2, 98)} ${random.int(100, 999)},00`, { x: 812, y: y + 12, size: 26, fill: '#3f3d39' })}
      ${index === marked ? `<path d="M300 ${y + 6}q190-14 360 2" stroke="#2747a8" stroke-width="5" fill="none"/><path d="M724 ${y + 5}a40 25 -8 1 0 74-4a40 24 4 1 0-72 8" stroke="#2747a8" stroke-width="5" fill="none"/>` : ''}`;
  }).join('');
  return scene(
    `<linearGradient id="desk" x2="1" y2="1"><stop stop-color="#7d5f43"/><stop offset="1" stop-color="#553d29"/></linearGradient>
     <linearGradient id="paper" x2="1" y2="1"><stop stop-color="#fdfcf8"/><stop offset="1" stop-color="#e3e0d8"/></linearGradient>`,
    `<rect width="1200" height="900" fill="url(#desk)"/>
     ${Array.from({ length: 12 }, () => `<path d="M0 ${random.int(0, 900)}q500 ${random.int(-30, 30)} 1200 0" stroke="#3b2918" stroke-opacity=".22" stroke-width="${random.int(2, 7)}" fill="none"/>`).join('')}
     <g transform="rotate(${n(random.int(-60, -15) / 10)} 600 450)">
       ${softRect({ x: 190, y: 76, width: 834, height: 820 }, '#20130a', 0.5)}
       <rect x="196" y="66" width="808" height="810" fill="url(#paper)"/>
       ${textPath(title, { x: 252, y: 150, size: 46, weight: 700 })}
       <rect x="252" y="182" width="420" height="14" rx="3" fill="#9d9a93"/><rect x="252" y="212" width="336" height="14" rx="3" fill="#9d9a93"/>
       <path d="M252 262h700v46h-700z" fill="#dcd8ce"/>
       ${textPath('Товар', { x: 306, y: 294, size: 26, weight: 700 })}${textPath('Кол.', { x: 734, y: 294, size: 26, weight: 700 })}${textPath('Сумма', { x: 820, y: 294, size: 26, weight: 700 })}
       ${rows}
       ${textPath('Принял', { x: 252, y: 790, size: 26, fill: '#5a5852' })}<path d="M352 796h220" stroke="#8d8b85" stroke-width="2"/>
       <path d="M372 784q30-62 46-6t34-24 22 20 46-34 30 30" stroke="#2747a8" stroke-width="5" fill="none" stroke-linecap="round"/>
       <g opacity=".5" fill="none" stroke="#3a4f9e" transform="rotate(-9 800 750)"><circle cx="800" cy="750" r="88" stroke-width="6"/><circle cx="800" cy="750" r="62" stroke-width="3"/><path d="M752 742h96M764 764h72" stroke-width="9"/></g>
     </g>`,
  );
}

const warehouse = `
  <linearGradient id="hall" x2="0" y2="1"><stop stop-color="#8f9698"/><stop offset="1" stop-color="#787d7e"/></linearGradient>
  <linearGradient id="floor" x2="0" y2="1"><stop stop-color="#8b867f"/><stop offset="1" stop-color="#5e5a55"/></linearGradient>`;

/** Racks out of focus, and the floor. */
function warehouseBack(random: Random): string {
  const goods = Array.from({ length: 6 }, (_, index) => {
    const y = random.int(56, 110);
    const place = { x: 30 + index * 196, y, width: random.int(130, 180), height: 226 - y };
    return softRect(place, random.pick(['#b08a5e', '#a98b6a', '#9c8467', '#8796a0']), 0.7);
  }).join('');
  const posts = [4, 416, 812]
    .map((x) => softRect({ x, y: -40, width: 38, height: 640 }, '#5c7896', 0.8))
    .join('');
  return `<rect width="${photoWidth}" height="640" fill="url(#hall)"/>
    ${goods}${softRect({ x: -40, y: 208, width: 1280, height: 42 }, '#b77a4e', 0.75)}${posts}
    <rect y="610" width="${photoWidth}" height="${photoHeight - 610}" fill="url(#floor)"/><path d="M0 610h1200" stroke="#4a4743" stroke-opacity=".5" stroke-width="4"/>`;
}

/** The faint lines of corrugated board. */
function corrugation(random: Random): string {
  return Array.from(
    { length: 30 },
    (_, index) =>
      `<path d="M0 ${150 + index * 26}h1200" stroke="#5b3f22" stroke-opacity="${n(0.04 + random.next() * 0.06, 2)}" stroke-width="6"/>`,
  ).join('');
}
