import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import type { Figure } from './figures';

use([BarChart, LineChart, GridComponent, AriaComponent, SVGRenderer]);

export const openChart = (element: HTMLElement) => init(element, null, { renderer: 'svg' });

/** Colours and type come from the tokens of the page, so a chart is drawn anew when the theme changes. */
function look(element: HTMLElement) {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6'].map(token),
    ...{ line: token('--line'), text: token('--text'), faint: token('--faint') },
    surface: token('--surface'),
    font: style.fontFamily,
    size: Number.parseFloat(token('--fs-12')) * 16 || 12,
  };
}

/** How much of a label a narrow chart has room for. */
const LABEL_SHARE = 0.34;

export function optionOf(
  figure: Figure,
  element: HTMLElement,
  name: (column: number) => string,
): EChartsCoreOption {
  const { series, line, text, faint, surface, font, size } = look(element);
  const words = { fontFamily: font, fontSize: size, color: faint };
  const labels = figure.rows.map((row) => row.label);
  const isLine = figure.kind === 'line';
  const values = {
    type: 'value',
    minInterval: 1,
    axisLabel: words,
    splitLine: { lineStyle: { color: line } },
    ...(figure.percent ? { max: 100, scale: true } : {}),
  };
  const names = {
    type: 'category',
    data: labels,
    axisTick: { show: false },
    axisLine: { show: isLine, lineStyle: { color: line } },
    axisLabel: isLine
      ? { ...words, hideOverlap: true }
      : {
          ...words,
          ...{ color: text, width: element.clientWidth * LABEL_SHARE, overflow: 'break' },
          lineHeight: size * 1.2,
        },
    ...(isLine ? {} : { inverse: true }),
  };
  const last = figure.charted.at(-1);
  const sum = (index: number) =>
    figure.charted.reduce((all, cell) => all + (figure.rows[index]?.cells[cell]?.value ?? 0), 0);
  return {
    animation: false,
    color: series,
    aria: { enabled: true, decal: { show: figure.charted.length > 1 }, label: { enabled: false } },
    grid: {
      ...{ left: 4, right: isLine ? 16 : 44, top: 24, bottom: 4 },
      ...{ outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    },
    xAxis: isLine ? names : { ...values, show: false, max: undefined },
    yAxis: isLine ? values : names,
    series: figure.charted.map((cell) => ({
      type: isLine ? 'line' : 'bar',
      name: name(cell),
      data: figure.rows.map((row) => row.cells[cell]?.value ?? null),
      cursor: 'pointer',
      ...(isLine
        ? {
            symbol: 'circle',
            symbolSize: figure.rows.length > 40 ? 4 : 8,
            // Without it the line takes the colour of what fills its points.
            lineStyle: { width: 2.25, color: series[0] },
            connectNulls: true,
            itemStyle: { color: surface, borderColor: series[0], borderWidth: 2.25 },
            triggerLineEvent: false,
          }
        : {
            ...{ stack: 'all', barMaxWidth: 26 },
            itemStyle: { borderRadius: 3, borderColor: surface, borderWidth: 1 },
            label: {
              show: cell === last,
              position: 'right',
              ...{ ...words, color: text, fontWeight: 650 },
              formatter: ({ dataIndex }: { dataIndex: number }) =>
                figure.charted.length > 1
                  ? String(sum(dataIndex))
                  : (figure.rows[dataIndex]?.cells[cell]?.text ?? ''),
            },
          }),
    })),
  };
}
