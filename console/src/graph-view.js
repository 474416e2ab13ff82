// The drawing of a flow, to be zoomed, and the same as a table.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { HEIGHT, WIDTH, curve, layout, trail } from "./graph.js";
import { Table, html } from "./view.js";

const STEP = 1.25;
const [LEAST, MOST] = [0.1, 3];
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export function Graph({ name, definition, steps = [] }) {
  const graph = useMemo(() => layout(definition), [definition]);
  const path = useMemo(() => trail(steps), [steps]);
  const box = useRef();
  const [zoom, setZoom] = useState(1);
  const [open, setOpen] = useState();
  const by = (factor) => setZoom((old) => Math.min(MOST, Math.max(LEAST, old * factor)));
  const fit = () => setZoom(Math.min(1, Math.max(LEAST, (box.current.clientWidth - 8) / graph.width)));
  useEffect(fit, [graph]);
  const keys = (event) => {
    const does = { "+": () => by(STEP), "=": () => by(STEP), "-": () => by(1 / STEP), 0: fit }[event.key];
    if (!does || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    does();
  };
  const at = new Map(graph.nodes.map((node) => [node.name, node]));
  const marked = path.turns.size > 0;
  const shown = definition.states.find((state) => state.name === open);
  return html`<div class="actions" role="group" aria-label="Zoom">
      <button type="button" onClick=${() => by(STEP)}>Zoom in</button>
      <button type="button" onClick=${() => by(1 / STEP)}>Zoom out</button>
      <button type="button" onClick=${fit}>Fit</button>
      <span role="status">${Math.round(zoom * 100)} %</span>
    </div>
    <div class="graph" role="region" tabindex="0" aria-label=${`Graph of ${name}, + and - zoom, arrow keys scroll`} ref=${box} onKeyDown=${keys}>
      <svg role="img" aria-label=${`${graph.nodes.length} widgets, ${graph.arrows.length} transitions${marked ? `, path through ${path.turns.size} widgets marked` : ""}. The table below has them.`}
        width=${graph.width * zoom} height=${graph.height * zoom} viewBox=${`0 0 ${graph.width} ${graph.height}`} class=${marked ? "marked" : ""}>
        <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" /></marker></defs>
        ${graph.arrows.map((arrow) => {
          const line = curve(arrow, at.get(arrow.from), at.get(arrow.to));
          const taken = path.taken.has(`${arrow.from} ${arrow.to}`);
          return html`<g class=${taken ? "arrow taken" : "arrow"}><path d=${line.d} marker-end="url(#tip)" />
            <text x=${line.x} y=${line.y} text-anchor="middle">${short(arrow.when, 24)}</text></g>`;
        })}
        ${graph.nodes.map((node) => html`<g class=${path.turns.has(node.name) ? "node taken" : "node"} transform=${`translate(${node.x} ${node.y})`} onClick=${() => setOpen(node.name)}>
          <rect width=${WIDTH} height=${HEIGHT} rx="8" />
          <text class="name" x="12" y="24">${short(node.name, 24)}</text>
          <text class="type" x="12" y="42">${short(node.type, 26)}</text>
          ${path.turns.has(node.name) && html`<text class="turn" x=${WIDTH - 10} y="24" text-anchor="end">${path.turns.get(node.name).join(", ")}</text>`}
        </g>`)}
      </svg>
    </div>
    ${shown && html`<section aria-label=${`Widget ${shown.name}`}>
      <h3>${shown.name} <small>${shown.type}</small></h3>
      <pre tabindex="0" role="region" aria-label=${`Properties of ${shown.name}`}>${JSON.stringify(shown.properties, null, 2)}</pre>
    </section>`}
    <details open=${marked}><summary>Widgets as a table</summary>
      <${Table} caption="Widgets" hidden head=${["Widget", "Kind", "Transitions", ...(marked ? ["Step"] : [])]}
        rows=${graph.nodes.map((node) => [
          html`<button type="button" class="link" onClick=${() => setOpen(node.name)}>${node.name}</button>`,
          node.type,
          graph.arrows.filter((arrow) => arrow.from === node.name).map((arrow) => html`<div>${arrow.when} → ${arrow.to}</div>`),
          ...(marked ? [path.turns.get(node.name)?.join(", ") ?? "–"] : []),
        ])} />
    </details>`;
}
