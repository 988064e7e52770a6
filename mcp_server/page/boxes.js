"use strict";

const SMALLEST = 0.05; // of the canvas; a smaller box shows nothing
const STEP = 0.01; // of an arrow key
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const CORNERS = ["nw", "ne", "sw", "se"];

/** The boxes over the picture, in fractions of it, which can be dragged and resized with a pointer or with keys. */
class Boxes {
  #room;
  #heard;
  #shown = new Map(); // elements by region

  /** `heard`: selected(id), changed(id, box), reset(id), wanted(id). */
  constructor(room, heard) {
    this.#room = room;
    this.#heard = heard;
  }

  /** `regions`: [{id, box, failed}], farthest first. */
  show(regions, selected, fixed) {
    const focused = document.activeElement?.dataset?.region;
    const gone = new Set(this.#shown.keys());
    for (const region of regions) {
      gone.delete(region.id);
      const element = this.#shown.get(region.id) ?? this.#made(region.id);
      this.#room.append(element); // in order of depth
      element.classList.toggle("selected", region.id === selected);
      element.classList.toggle("failed", region.failed);
      element.setAttribute("aria-pressed", String(region.id === selected));
      element.disabled = fixed;
      this.#place(element, region.box);
    }
    for (const id of gone) {
      this.#shown.get(id).remove();
      this.#shown.delete(id);
    }
    if (focused && document.activeElement !== this.#shown.get(focused)) this.#shown.get(focused)?.focus();
  }

  focus(id) {
    this.#shown.get(id)?.focus();
  }

  #made(id) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "box";
    element.dataset.region = id;
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = id;
    element.append(name, ...CORNERS.map(cornerOf));
    element.setAttribute("aria-describedby", "keys");
    element.addEventListener("focus", () => this.#heard.selected(id));
    element.addEventListener("pointerdown", (event) => this.#grabbed(event, id, element));
    element.addEventListener("keydown", (event) => this.#pressed(event, id, element));
    this.#shown.set(id, element);
    return element;
  }

  #place(element, box) {
    const { style, dataset } = element;
    [style.left, style.top] = [percent(box.x), percent(box.y)];
    [style.width, style.height] = [percent(box.width), percent(box.height)];
    dataset.box = JSON.stringify(box);
    const where = `${percent(box.x)} from the left, ${percent(box.y)} from the top`;
    element.setAttribute("aria-label", `${dataset.region}, ${where}, ${percent(box.width)} by ${percent(box.height)}`);
  }

  #grabbed(event, id, element) {
    if (event.button !== 0 || element.disabled) return;
    this.#heard.selected(id); // some browsers focus no button that is clicked
    const corner = event.target.dataset.corner;
    const start = JSON.parse(element.dataset.box);
    const { width, height } = this.#room.getBoundingClientRect();
    const [x, y] = [event.clientX, event.clientY];
    const moved = (now) => {
      const [dx, dy] = [(now.clientX - x) / width, (now.clientY - y) / height];
      this.#place(element, corner ? resized(start, dx, dy, corner) : shifted(start, dx, dy));
    };
    const done = () => {
      element.removeEventListener("pointermove", moved);
      const box = JSON.parse(element.dataset.box);
      if (JSON.stringify(box) !== JSON.stringify(start)) this.#heard.changed(id, box);
    };
    element.setPointerCapture(event.pointerId);
    element.addEventListener("pointermove", moved);
    element.addEventListener("lostpointercapture", done, { once: true });
  }

  #pressed(event, id, element) {
    const arrow = ARROWS[event.key];
    if (event.key === "Escape") this.#heard.reset(id);
    else if (event.key === "Enter") this.#heard.wanted(id);
    else if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    else {
      const box = JSON.parse(element.dataset.box);
      this.#heard.changed(id, event.shiftKey ? resized(box, ...arrow, "se") : shifted(box, ...arrow));
    }
    event.preventDefault();
  }
}

function cornerOf(where) {
  const corner = document.createElement("span");
  corner.className = `corner ${where}`;
  corner.dataset.corner = where;
  return corner;
}

function percent(fraction) {
  return `${Math.round(fraction * 1000) / 10}%`;
}

function shifted(box, dx, dy) {
  return rounded({ ...box, x: within(box.x + dx, 0, 1 - box.width), y: within(box.y + dy, 0, 1 - box.height) });
}

/** The corner moved by (dx, dy); the one across from it stays. */
function resized(box, dx, dy, corner) {
  let { x: left, y: top } = box;
  let [right, bottom] = [box.x + box.width, box.y + box.height];
  if (corner.includes("w")) left = within(left + dx, 0, right - SMALLEST);
  else right = within(right + dx, left + SMALLEST, 1);
  if (corner.includes("n")) top = within(top + dy, 0, bottom - SMALLEST);
  else bottom = within(bottom + dy, top + SMALLEST, 1);
  return rounded({ x: left, y: top, width: right - left, height: bottom - top });
}

function within(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Without the noise of fractions, down for sizes, so that a box never reaches out of the canvas. A side that nobody
 *  moved stays as it was: plans have more than four digits. */
function rounded({ x, y, width, height }) {
  const grain = 1e9;
  [x, y] = [Math.round(x * grain) / grain, Math.round(y * grain) / grain];
  const fit = (size, start) => Math.floor(Math.min(size, 1 - start) * grain + 1e-6) / grain;
  return { x, y, width: fit(width, x), height: fit(height, y) };
}
