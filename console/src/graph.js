// A flow as a graph: where each widget stands and which way the transitions go. Widgets stand
// where Studio's canvas has them (`properties.offset`), else in layers from the trigger on.

export const WIDTH = 200;
export const HEIGHT = 56;
const ACROSS = WIDTH + 60;
const DOWN = HEIGHT + 90;
const BORDER = 40;

/** What a transition says of when it is taken. */
function when(transition) {
  const named = (transition.conditions ?? []).map((one) => one.friendly_name).filter(Boolean);
  return named.length ? named.join(", ") : transition.event;
}

/** The arrows of a definition, in the order in which their widgets list them. */
export function edges(states) {
  const known = new Set(states.map((state) => state.name));
  return states.flatMap((state) =>
    (state.transitions ?? [])
      .filter((one) => known.has(one.next))
      .map((one, at, all) => ({ from: state.name, to: one.next, when: when(one), at, of: all.length })),
  );
}

function studio(states) {
  const places = states.map((state) => state.properties?.offset);
  const whole = places.every((place) => Number.isFinite(place?.x) && Number.isFinite(place?.y));
  const spots = new Set(places.map((place) => `${place?.x} ${place?.y}`));
  return whole && spots.size === states.length ? places : undefined;
}

/** Each widget one layer below the first that leads to it; what nothing leads to is last. */
function layered(states, arrows, initial) {
  const depth = new Map([[initial, 0]]);
  const queue = [initial];
  for (const name of queue) {
    for (const { to } of arrows.filter((arrow) => arrow.from === name)) {
      if (!depth.has(to)) {
        depth.set(to, depth.get(name) + 1);
        queue.push(to);
      }
    }
  }
  const last = Math.max(0, ...depth.values()) + 1;
  const layers = new Map();
  return states.map((state) => {
    const level = depth.get(state.name) ?? last;
    const column = layers.get(level) ?? 0;
    layers.set(level, column + 1);
    return { x: column * ACROSS, y: level * DOWN };
  });
}

/** `{nodes: [{name, type, x, y}], arrows, width, height}`, from (0, 0) on. */
export function layout(definition) {
  const states = definition.states ?? [];
  const arrows = edges(states);
  const places = studio(states) ?? layered(states, arrows, definition.initial_state ?? states[0]?.name);
  const left = Math.min(...places.map((place) => place.x)) - BORDER;
  const top = Math.min(...places.map((place) => place.y)) - BORDER;
  const nodes = states.map(({ name, type }, at) => ({ name, type, x: places[at].x - left, y: places[at].y - top }));
  return {
    nodes,
    arrows,
    width: Math.max(0, ...nodes.map((node) => node.x)) + WIDTH + BORDER,
    height: Math.max(0, ...nodes.map((node) => node.y)) + HEIGHT + BORDER,
  };
}

/** An arrow's curve, from below its widget to above the next, and where its words stand. */
export function curve(arrow, from, to) {
  const x1 = from.x + (WIDTH * (arrow.at + 1)) / (arrow.of + 1);
  const y1 = from.y + HEIGHT;
  const x2 = to.x + WIDTH / 2;
  const y2 = to.y;
  const bend = Math.max(40, Math.min(160, Math.abs(y2 - y1) / 2));
  // One that leads back up goes around the side, not through what lies between.
  const aside = y2 <= y1 ? WIDTH * (x2 <= x1 ? 0.9 : -0.9) : 0;
  const [c1, c2] = [x1 + aside, x2 + aside];
  return {
    d: `M${x1} ${y1}C${c1} ${y1 + bend} ${c2} ${y2 - bend} ${x2} ${y2}`,
    x: (x1 + 3 * c1 + 3 * c2 + x2) / 8,
    y: (y1 + y2) / 2,
  };
}

/** Which widgets an execution went through, each with its turns, and over which arrows. */
export function trail(steps) {
  const turns = new Map();
  const taken = new Set();
  steps.forEach((step, at) => {
    const name = step.transitioned_from;
    turns.set(name, [...(turns.get(name) ?? []), at + 1]);
    if (step.transitioned_to) taken.add(`${name} ${step.transitioned_to}`);
  });
  const end = steps.at(-1)?.transitioned_to;
  if (end && !turns.has(end)) turns.set(end, [steps.length + 1]);
  return { turns, taken };
}
