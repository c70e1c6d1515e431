import { fontRuns } from './demo.fonts';
import type { Weight } from './demo.fonts';
import type { Random } from './demo.random';

export const photoWidth = 1200;
export const photoHeight = 900;

/** A line of text as outlines: the picture looks the same on a machine without fonts. */
export function textPath(
  text: string,
  {
    x,
    y,
    size,
    weight = 400,
    fill = '#2b2b2b',
  }: {
    x: number;
    y: number;
    size: number;
    weight?: Weight;
    fill?: string;
  },
): string {
  let pen = x;
  const shapes = fontRuns(text, weight).flatMap(({ font, text: piece }) => {
    const scale = size / font.unitsPerEm;
    const { glyphs, positions } = font.layout(piece);
    return glyphs.map((glyph, index) => {
      const shape = glyph.path.toSVG();
      const at = pen;
      pen += (positions[index]?.xAdvance ?? 0) * scale;
      // Glyphs are drawn upwards, pictures downwards.
      return shape
        ? `<path transform="translate(${n(at)} ${y}) scale(${n(scale, 5)} ${n(-scale, 5)})" d="${shape}"/>`
        : '';
    });
  });
  return `<g fill="${fill}">${shapes.join('')}</g>`;
}

export function barcode(
  random: Random,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): string {
  const module = Math.max(width / 95, 1);
  let bars = '';
  for (let at = 0; at < width - 3 * module;) {
    const bar = random.int(1, 3) * module;
    bars += `M${n(x + at)} ${y}h${n(bar)}v${height}h${n(-bar)}z`;
    at += bar + random.int(1, 3) * module;
  }
  return `<path fill="#262626" d="${bars}"/>`;
}

/** A cardboard box seen a little from above: front, top and right side, tape and a label. */
export function box(
  random: Random,
  {
    x,
    y,
    width,
    height,
    print,
  }: {
    x: number;
    y: number;
    width: number;
    height: number;
    print: string;
  },
): string {
  const dx = width * 0.12;
  const dy = height * 0.13;
  const tapeX = x + width * (0.46 + random.next() * 0.1);
  const tape = width * 0.085;
  const labelWidth = width * 0.3;
  const labelX = x + width * 0.08;
  const labelY = y + height * (0.26 + random.next() * 0.12);
  return `
    <path fill="url(#side)" d="M${x + width} ${y}l${n(dx)} ${n(-dy)}v${height}l${n(-dx)} ${n(dy)}z"/>
    <path fill="url(#top)" d="M${x} ${y}l${n(dx)} ${n(-dy)}h${width}l${n(-dx)} ${n(dy)}z"/>
    <rect fill="url(#front)" x="${x}" y="${y}" width="${width}" height="${height}"/>
    <path fill="#e3cda4" opacity=".75" d="M${n(tapeX)} ${y}h${n(tape)}v${height}h${n(-tape)}z"/>
    <path fill="#ecdab6" opacity=".75" d="M${n(tapeX)} ${y}l${n(dx)} ${n(-dy)}h${n(tape)}l${n(-dx)} ${n(dy)}z"/>
    <path fill="none" stroke="#5d4023" stroke-opacity=".25" stroke-width="2" d="M${x} ${y}h${width}l${n(dx)} ${n(-dy)}M${x + width} ${y}v${height}"/>
    <rect fill="#f4f2ec" x="${n(labelX)}" y="${n(labelY)}" width="${n(labelWidth)}" height="${n(labelWidth * 0.76)}"/>
    ${textPath(print, { x: labelX + labelWidth * 0.08, y: labelY + labelWidth * 0.24, size: labelWidth * 0.16, weight: 700 })}
    <rect fill="#9a978f" x="${n(labelX + labelWidth * 0.08)}" y="${n(labelY + labelWidth * 0.31)}" width="${n(labelWidth * 0.5)}" height="${n(labelWidth * 0.04)}"/>
    ${barcode(random, { x: labelX + labelWidth * 0.08, y: labelY + labelWidth * 0.42, width: labelWidth * 0.82, height: labelWidth * 0.24 })}`;
}

const cardboard = `
  <linearGradient id="front" x2="0" y2="1"><stop stop-color="#d3a775"/><stop offset="1" stop-color="#b98a58"/></linearGradient>
  <linearGradient id="side" x2="0" y2="1"><stop stop-color="#a5784a"/><stop offset="1" stop-color="#8b6339"/></linearGradient>
  <linearGradient id="top" x2="1" y2="0"><stop stop-color="#dcb587"/><stop offset="1" stop-color="#e5c294"/></linearGradient>`;

/** A rectangle without sharp edges. Layers, because a blur filter costs as much as the rest of the picture. */
export function softRect(
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  fill: string,
  opacity: number,
): string {
  const layers = 6;
  const step = Math.min(5, width / 16, height / 16);
  const each = n(1 - (1 - opacity) ** (1 / layers), 3);
  const rects = Array.from({ length: layers }, (_, index) => {
    const inset = index * step;
    const [w, h] = [width - 2 * inset, height - 2 * inset];
    return `<rect x="${n(x + inset)}" y="${n(y + inset)}" width="${n(w)}" height="${n(h)}" rx="${n(step * (layers - index))}"/>`;
  });
  return `<g fill="${fill}" fill-opacity="${each}">${rects.join('')}</g>`;
}

/** Closes a scene: size, shared definitions, darker corners. */
export function scene(defs: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${photoWidth}" height="${photoHeight}" viewBox="0 0 ${photoWidth} ${photoHeight}">
    <defs>${cardboard}${defs}
      <radialGradient id="vignette" cx=".48" cy=".42" r=".75"><stop offset=".45" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#14100a" stop-opacity=".42"/></radialGradient>
      <radialGradient id="shadow"><stop stop-color="#000" stop-opacity=".5"/><stop offset=".55" stop-color="#000" stop-opacity=".3"/><stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>
    </defs>${body}
    <rect width="100%" height="100%" fill="url(#vignette)"/></svg>`;
}

/** A number for markup: short, and the same on every machine. */
export function n(value: number, digits = 1): string {
  return String(Number(value.toFixed(digits)));
}
