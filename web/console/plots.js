// plots: throughput and duration of one function over the last ten minutes, drawn by uPlot.

import uPlot from './uplot/uPlot.js';
import { formatDuration } from '../format.js';
import { formatRate } from './words.js';

const kSpanMs = 2_000;
const kWindowMs = 600_000;
const kHeight = 216;
const kSteps = [0.5, ...[1, 10, 100, 1_000, 10_000].flatMap((unit) => [unit, 2 * unit, 5 * unit])];
const kFewPoints = 30; // A line needs neighbours: few are drawn as dots, too.

// Rows of what uPlot draws, a column a span; nothing ended in those the server left out.
function columnsOf(spans, nowMs) {
  const columns = { times: [], done: [], errors: [], mean: [], longest: [] };
  const last = Math.floor(nowMs / kSpanMs) * kSpanMs;
  for (let start = last - kWindowMs; start <= last; start += kSpanMs) {
    const [, count = 0, errors = 0, sum = 0, longest = 0] = spans.get(start) ?? [];
    columns.times.push(start / 1000);
    columns.done.push((count * 1000) / kSpanMs);
    columns.errors.push(errors === 0 ? null : (errors * 1000) / kSpanMs);
    columns.mean.push(count === 0 ? null : sum / count);
    columns.longest.push(count === 0 ? null : longest);
  }
  return columns;
}

const said = (format) => (_, value) => (value === null || value === undefined ? '–' : format(value));

function makePlot(parent, { series, format, floor }) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--ink-soft'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot({
    width: parent.clientWidth || 300,
    height: kHeight - 30,
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, min, max) => [0, Math.max(max * 1.1, floor)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 28,
        values: [[60, '{HH}:{mm}', null, null, null, null, null, null, 1],
          [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1]] },
      { ...axis, size: 54, gap: 6, incrs: kSteps, values: (_, values) => values.map(format) },
    ],
    series: [
      { label: 'Time', value: '{HH}:{mm}:{ss}' },
      ...series.map(({ label, stroke, fill, ...rest }) => ({
        label, width: 1.5, value: said(format), stroke: color(stroke),
        ...(fill ? { fill: color(fill) } : {}), ...rest,
      })),
    ],
  }, [[], ...series.map(() => [])], parent);
}

export class Plots {
  #parts; // {throughput, throughputNow, latency, latencyNow}
  #plots = [];
  #last = null;

  constructor(parts) {
    this.#parts = parts;
    this.#build();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#build());
    new ResizeObserver(() => this.#resize()).observe(parts.throughput);
  }

  update(spans, nowMs, name) {
    this.#last = [spans, nowMs, name];
    const columns = columnsOf(spans, nowMs);
    const [throughput, latency] = this.#plots;
    throughput.setData([columns.times, columns.done, columns.errors]);
    latency.setData([columns.times, columns.longest, columns.mean]);
    const done = columns.done.slice(-31, -1); // The minute before the span that still runs.
    const rate = done.reduce((sum, value) => sum + value, 0) / done.length;
    const mean = columns.mean.findLast((value) => value !== null);
    this.#say(this.#parts.throughput, this.#parts.throughputNow,
      `${formatRate(rate)} in the last minute`, `Throughput of ${name}`);
    this.#say(this.#parts.latency, this.#parts.latencyNow,
      mean === undefined ? 'nothing ran' : `${formatDuration(mean)} on average at last`,
      `Duration of ${name}`);
  }

  #say(plot, now, text, name) {
    now.textContent = text;
    plot.setAttribute('role', 'img');
    plot.setAttribute('aria-label', `${name}: ${text}`);
  }

  #build() {
    for (const plot of this.#plots) plot.destroy();
    const bars = uPlot.paths.bars({ size: [1, 100], gap: 0 });
    const isFew = (plot, index) =>
      plot.data[index].reduce((sum, value) => sum + (value === null ? 0 : 1), 0) <= kFewPoints;
    const dots = { points: { show: isFew, size: 4 } };
    this.#plots = [
      makePlot(this.#parts.throughput, {
        format: formatRate,
        floor: 1,
        series: [
          { label: 'Done', stroke: '--accent', fill: '--accent', paths: bars, width: 0,
            points: { show: false } },
          { label: 'Failed', stroke: '--danger', fill: '--danger', paths: bars, width: 0,
            points: { show: false } },
        ],
      }),
      makePlot(this.#parts.latency, {
        format: formatDuration,
        floor: 20,
        series: [
          { label: 'Longest', stroke: '--line-strong', ...dots },
          { label: 'Average', stroke: '--accent', ...dots },
        ],
      }),
    ];
    if (this.#last) this.update(...this.#last);
  }

  #resize() {
    for (const plot of this.#plots) {
      const width = plot.root.parentElement.clientWidth;
      if (width > 0) plot.setSize({ width, height: kHeight - 30 });
    }
  }
}
