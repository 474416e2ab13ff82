// A line chart (uPlot), with its figures as a table beside it: what is drawn can be read.
import uPlot from "uplot";
import { useEffect, useRef } from "preact/hooks";
import { clock, millis, number } from "./format.js";
import { Table, html } from "./view.js";

const HEIGHT = 200;
/** Lines differ by more than their colour. */
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3]];

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(title, series, width) {
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    series: [
      {},
      ...series.map((one, at) => ({
        label: one.name,
        stroke: color(`--line-${at + 1}`),
        width: 2,
        dash: DASHES[at],
        points: { show: false },
      })),
    ],
    axes: [
      { ...axis, values: (_, at) => at.map((second) => clock(second * 1000)) },
      { ...axis, size: 44, values: (_, at) => at.map((value) => (Number.isInteger(value) ? number(value) : "")) },
    ],
    scales: { y: { range: (_, low, high) => [0, Math.max(high ?? 0, 4)] } },
  };
}

/** `at` are times, `series` are `{name, values}`. */
export function Chart({ title, at, series }) {
  const box = useRef();
  const plot = useRef();
  const data = [at.map((time) => millis(time) / 1000), ...series.map((one) => one.values)];
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(title, series, box.current.clientWidth || 300), newest.current, box.current);
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    const sized = new ResizeObserver(() => plot.current.setSize({ width: box.current.clientWidth, height: HEIGHT }));
    sized.observe(box.current);
    return () => {
      dark.removeEventListener("change", draw);
      sized.disconnect();
      plot.current.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [JSON.stringify(data)]);
  const sum = (one) => one.values.reduce((all, value) => all + (value ?? 0), 0);
  const said = series.map((one) => `${one.name} ${number(sum(one))}`).join(", ");
  const rows = at.map((time, i) => [clock(time), ...series.map((one) => number(one.values[i]))]).reverse();
  return html`<ul class="legend">
      ${series.map((one, i) => html`<li class=${`line-${i + 1}`}>${one.name} <b>${number(sum(one))}</b></li>`)}
    </ul>
    <div class="chart" role="img" aria-label=${`${title}: ${said}. The table below has the figures.`} ref=${box}></div>
    <details><summary>${title} as a table</summary>
      <${Table} caption=${title} head=${["Time", ...series.map((one) => one.name)]} rows=${rows} />
    </details>`;
}
