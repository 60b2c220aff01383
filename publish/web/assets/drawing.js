// The drawing over a camera's picture: a region with corners to drag, and masks with points. Every handle is a button, which
// pointers drag and arrow keys move: by 1 %, with Shift by 10 %.

import { el, set } from "./app.js";
import { round } from "./geometry.js";

const least = 0.02; // the smallest region

const corners = [
  { name: "Upper left corner", x: 0, y: 0 }, { name: "Upper right corner", x: 1, y: 0 },
  { name: "Lower left corner", x: 0, y: 1 }, { name: "Lower right corner", x: 1, y: 1 },
];

const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Drawing {
  // frame is the element over whose area it draws; changed is called after each change of draft.region or draft.mask by hand.
  constructor(frame, draft, changed) {
    this.frame = frame;
    this.draft = draft;
    this.changed = changed;
    this.mode = "region";
    this.svg = el("svg", { class: "over", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.layer = el("div", { class: "handles" });
    frame.append(this.svg, this.layer);
    this.svg.addEventListener("pointerdown", (event) => this.grabArea(event));
  }

  setMode(mode) {
    this.mode = mode;
    this.draw();
  }

  // draw shows the draft. Handles stay the same elements as long as there are as many, so that focus stays.
  draw() {
    const r = this.draft.region;
    const hole = `M0 0H1V1H0ZM${r.x} ${r.y}v${r.height}h${r.width}v${-r.height}Z`;
    this.svg.replaceChildren(
      el("path", { class: "outside", d: hole, "fill-rule": "evenodd" }),
      ...this.draft.mask.map((flat) => el("polygon", { class: "masked", points: flat.join(" ") })),
      el("rect", { class: "region back", ...r }), el("rect", { class: "region", ...r }));
    const wanted = this.mode === "region" ? this.regionHandles() : this.maskHandles();
    while (this.layer.children.length > wanted.length) this.layer.lastChild.remove();
    wanted.forEach((handle, i) => this.place(i, handle));
  }

  place(i, handle) {
    let button = this.layer.children[i];
    if (!button) {
      button = el("button", { type: "button" });
      button.addEventListener("pointerdown", (event) => this.grab(event, button));
      button.addEventListener("keydown", (event) => this.key(event, button));
      button.addEventListener("click", () => button.handle.click && button.handle.click());
      this.layer.append(button);
    }
    button.handle = handle;
    set(button, "class", `handle ${handle.kind}`);
    set(button, "aria-label", handle.name);
    button.style.left = `${handle.x * 100}%`;
    button.style.top = `${handle.y * 100}%`;
  }

  regionHandles() {
    const r = this.draft.region;
    const handles = corners.map((c) => ({
      kind: "corner", name: `${c.name} of the region`, x: r.x + c.x * r.width, y: r.y + c.y * r.height, move: (x, y) => this.moveCorner(c, x, y),
    }));
    handles.push({ kind: "middle", name: "Move the region", x: r.x + r.width / 2, y: r.y + r.height / 2, move: (x, y) => this.moveRegion(x, y) });
    return handles;
  }

  moveCorner(corner, x, y) {
    const r = this.draft.region;
    let left = r.x, right = r.x + r.width, top = r.y, bottom = r.y + r.height;
    if (corner.x) right = Math.max(x, left + least);
    else left = Math.min(x, right - least);
    if (corner.y) bottom = Math.max(y, top + least);
    else top = Math.min(y, bottom - least);
    [left, right, top, bottom] = [left, right, top, bottom].map(round);
    Object.assign(r, { x: left, y: top, width: round(right - left), height: round(bottom - top) });
  }

  moveRegion(x, y) {
    const r = this.draft.region;
    r.x = round(Math.min(1 - r.width, Math.max(0, x - r.width / 2)));
    r.y = round(Math.min(1 - r.height, Math.max(0, y - r.height / 2)));
  }

  maskHandles() {
    return this.draft.mask.flatMap((flat, m) => {
      const handles = [];
      const n = flat.length / 2;
      for (let i = 0; i < n; i++) {
        const x = flat[2 * i], y = flat[2 * i + 1], j = (i + 1) % n;
        handles.push({
          kind: "point", name: `Mask ${m + 1}, point ${i + 1}. Delete removes it`, x, y,
          move: (toX, toY) => { flat[2 * i] = round(toX); flat[2 * i + 1] = round(toY); },
          remove: () => { flat.length > 6 ? flat.splice(2 * i, 2) : this.draft.mask.splice(m, 1); },
        });
        handles.push({
          kind: "between", name: `Mask ${m + 1}, new point after ${i + 1}`, x: (x + flat[2 * j]) / 2, y: (y + flat[2 * j + 1]) / 2,
          click: () => { flat.splice(2 * i + 2, 0, round((x + flat[2 * j]) / 2), round((y + flat[2 * j + 1]) / 2)); this.done(); },
        });
      }
      return handles;
    });
  }

  done() {
    this.draw();
    this.changed();
  }

  at(event) {
    const box = this.frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  // grab drags a handle with the pointer until it is let go.
  grab(event, button) {
    if (event.button !== 0 || !button.handle.move) return;
    const [x, y] = this.at(event);
    const off = [button.handle.x - x, button.handle.y - y];
    this.drag(event, button, ([toX, toY]) => button.handle.move(round(toX + off[0]), round(toY + off[1])));
  }

  // grabArea drags the region by its area; where there is no region yet to speak of, it draws one.
  grabArea(event) {
    if (event.button !== 0 || this.mode !== "region") return;
    event.preventDefault();
    const r = this.draft.region, [x, y] = this.at(event);
    const inside = x > r.x && x < r.x + r.width && y > r.y && y < r.y + r.height;
    if (inside && (r.width < 0.98 || r.height < 0.98)) {
      const off = [r.x + r.width / 2 - x, r.y + r.height / 2 - y];
      this.drag(event, this.svg, ([toX, toY]) => this.moveRegion(toX + off[0], toY + off[1]));
      return;
    }
    const from = [round(x), round(y)];
    this.drag(event, this.svg, ([toX, toY]) => {
      const to = [round(toX), round(toY)];
      if (Math.abs(to[0] - from[0]) < least || Math.abs(to[1] - from[1]) < least) return;
      Object.assign(r, { x: Math.min(from[0], to[0]), y: Math.min(from[1], to[1]), width: round(Math.abs(to[0] - from[0])), height: round(Math.abs(to[1] - from[1])) });
    });
  }

  drag(event, element, move) {
    element.setPointerCapture(event.pointerId);
    const moved = (e) => {
      move(this.at(e));
      this.done();
    };
    const over = () => {
      element.removeEventListener("pointermove", moved);
      element.removeEventListener("pointerup", over);
      element.removeEventListener("pointercancel", over);
    };
    element.addEventListener("pointermove", moved);
    element.addEventListener("pointerup", over);
    element.addEventListener("pointercancel", over);
  }

  key(event, button) {
    const { handle } = button;
    if ((event.key === "Delete" || event.key === "Backspace") && handle.remove) {
      event.preventDefault();
      handle.remove();
      this.done();
      const next = this.layer.children[Math.min([...this.layer.children].indexOf(button), this.layer.children.length - 1)];
      if (!button.isConnected && next) next.focus();
      return;
    }
    const step = steps[event.key];
    if (!step || !handle.move) return;
    event.preventDefault();
    const size = event.shiftKey ? 0.1 : 0.01;
    handle.move(round(handle.x + step[0] * size), round(handle.y + step[1] * size));
    this.done();
  }
}
