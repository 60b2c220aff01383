// Set-up of a camera: what the model looks at. Without a camera in the address: which there are, and what can be found.

import { announce, ask, confirm, bars, el, field, follow, mark, named, percent, pngOf, plural, say, sentence, show, set } from "./app.js";
import { apply, edited, outcome, problems, read, trouble, undo, unwritable } from "./config.js";
import { Drawing } from "./drawing.js";
import { between, draw, orientation, polygon, region, round } from "./geometry.js";
import { chooseCamera } from "./find.js";
import { number, Section, select } from "./form.js";
import { Tried } from "./tried.js";

export async function start(content) {
  const name = new URLSearchParams(location.search).get("camera");
  if (!name) return chooseCamera(content);
  const [file, models] = await Promise.all([read(), ask("api/v1/models")]);
  const values = file.values.cameras && file.values.cameras[name];
  if (!values) {
    content.append(el("div", { class: "card empty" }, el("p", {}, `There is no camera ${name}.`), el("a", { class: "button main", href: "setup" }, "All cameras")));
    return;
  }
  document.querySelector("h1").textContent = `${name}: what the model looks at`;
  const page = new Setup(name, file, models.models);
  content.append(page.element);
  page.begin();
}

// whole is a region in full: the zero value means all.
const whole = (r) => r && r.width ? { x: r.x, y: r.y, width: r.width, height: r.height } : { x: 0, y: 0, width: 1, height: 1 };

// objectKeys are those of the section objects that are for a task.
const objectKeys = { detect: ["threshold", "max_results", "only"], segment: ["max_results", "only", "segment_map"], pose: ["threshold", "max_results"] };

const share = { min: 0, max: 1, step: 0.01 };
const decisionRows = [["enter", share], ["leave", share], ["margin", share], ["need", { min: 0, max: 1000, step: 1 }], ["window", { min: 0, max: 1000, step: 1 }], ["dwell"]];

// without is a section then that is not there yet.
const without = { labels: [], model: "", max_crops: 3 };

class Setup {
  constructor(name, file, models) {
    this.name = name;
    this.models = models;
    this.take(file);
    this.canvas = el("canvas", { role: "img", "aria-label": `Picture of ${name}`, width: 640, height: 480 });
    this.frame = el("div", { class: "drawing" }, this.canvas);
    this.veil = el("div", { class: "veil" }, "Waiting for the first picture");
    this.frame.append(this.veil);
    this.drawing = new Drawing(this.frame, this.draft, () => this.moved());
    this.build();
    this.fill();
    window.addEventListener("beforeunload", (event) => { if (this.dirty()) event.preventDefault(); });
  }

  // take makes the values of a file those that are saved and, where nothing is changed, those on show.
  take(file) {
    this.file = file;
    this.values = file.values.cameras[this.name];
    this.view = this.values.source === "view";
    const camera = this.view ? file.values.cameras[this.values.view.of] : this.values;
    const v = this.values;
    this.saved = {
      model: v.model, region: whole(v.region), fit: v.fit, rotate: camera.rotate, flip: camera.flip, mask: (camera.mask || []).map((m) => [...m]), max_rate: v.max_rate,
    };
    if (this.draft) Object.assign(this.draft, structuredClone(this.saved));
    else this.draft = structuredClone(this.saved);
    const changed = () => this.edited();
    this.decision = new Section(`${this.base}.decision`, file, v.decision, { rows: decisionRows, changed });
    this.source = this.view ? null : new Section(`${this.base}.${v.source}`, file, v[v.source] || {}, { changed });
    this.objects = this.then = null;
    this.takeModel();
  }

  get base() { return `cameras.${this.name}`; }

  // takeModel makes the fields that the draft's model has: of what it finds, and of a second model for that.
  takeModel() {
    const { task, classes } = this.models.find((m) => m.name === this.draft.model) || {}, labels = [...new Set((classes || []).filter(Boolean))];
    const before = this.objects?.draft;
    this.objects = new Section(`${this.base}.objects`, this.file, this.values.objects || {}, {
      labels, rows: (objectKeys[task] || []).map((key) => [key, key === "threshold" ? share : { min: 1, max: 100, step: 1 }]), changed: () => this.edited(true) });
    if (before) Object.assign(this.objects.draft, before);
    this.objects.fill();
    const others = this.models.filter((m) => m.name !== this.draft.model && ["classify", "embed"].includes(m.task)).map((m) => m.name);
    const second = this.file.help?.["cameras.*.then.model"] && task === "detect";
    this.then = second ? new Section(`${this.base}.then`, this.file, this.values.then || without, {
      labels, rows: [["model", { choices: ["", ...others], title: "Second model" }], ["labels"], ["max_crops", { min: 1, step: 1 }]], changed: () => this.edited(true) }) : null;
  }

  dirty() { return this.changes().length > 0; }

  // changes are those that make the file say what is drawn.
  changes() {
    const { base } = this, list = [];
    const differ = (a, b) => JSON.stringify(a) !== JSON.stringify(b);
    for (const key of ["model", "fit", "max_rate"]) if (differ(this.draft[key], this.saved[key])) list.push({ key: `${base}.${key}`, value: this.draft[key] });
    for (const key of ["x", "y", "width", "height"]) if (this.draft.region[key] !== this.saved.region[key]) list.push({ key: `${base}.region.${key}`, value: this.draft.region[key] });
    if (!this.view) {
      for (const key of ["rotate", "flip", "mask"]) if (differ(this.draft[key], this.saved[key])) list.push({ key: `${base}.${key}`, value: this.draft[key] });
      list.push(...this.source.changes());
    }
    return [...list, ...this.decision.changes(), ...this.objects.changes(), ...this.thenChanges(), ...this.leftovers()];
  }

  // thenChanges are those of the section then, which is there as long as it has a model.
  thenChanges() {
    const key = `${this.base}.then`;
    if (!this.then) return [];
    if (!this.values.then) return this.then.draft.model ? [{ key, value: this.then.draft }] : [];
    return this.then.draft.model ? this.then.changes() : [{ key, value: null }];
  }

  // leftovers takes out what was for the model before, and is for nothing with another one.
  leftovers() {
    if (this.draft.model === this.saved.model) return [];
    const keys = Object.keys(this.values.objects || {}).filter((key) => !this.objects.controls.has(key)).map((key) => `objects.${key}`);
    if (!this.then && this.values.then) keys.push("then");
    return keys.map((key) => ({ key: `${this.base}.${key}`, value: null }));
  }

  build() {
    this.modes = ["region", "mask"].map((mode) => el("button", {
      type: "button", "aria-pressed": String(mode === "region"), onclick: () => this.setMode(mode) }, mode === "region" ? "Region" : "Privacy mask"));
    this.addMask = el("button", { type: "button", hidden: true, onclick: () => this.newMask() }, "Add a mask");
    this.hint = el("p", { class: "quiet small" });
    this.regionFields = ["x", "y", "width", "height"].map((key, i) => {
      const input = number({ id: `region-${key}`, min: key === "x" || key === "y" ? 0 : 2, max: 100, step: 0.1, onchange: () => this.typeRegion(key, input) });
      return { key, input, element: field(["Left %", "Top %", "Width %", "Height %"][i], input) };
    });
    this.masks = el("div", { class: "stack-small" });
    this.model = select(this.models.map((m) => [m.name, m.name]), { id: "model", onchange: () => this.chooseModel() });
    this.rotate = select([[0, "0°"], [90, "90° clockwise"], [180, "180°"], [270, "270° clockwise"]], { id: "rotate", onchange: () => this.turn(Number(this.rotate.value), this.draft.flip) });
    this.flip = select([["none", "none"], ["horizontal", "horizontal, as in a mirror"], ["vertical", "vertical"], ["both", "both"]], { id: "flip", onchange: () => this.turn(this.draft.rotate, this.flip.value) });
    this.fit = select([["stretch", "stretch: all, distorted"], ["crop", "crop: the middle"], ["letterbox", "letterbox: all, with bars"]], { id: "fit", onchange: () => this.choose("fit", this.fit.value) });
    this.maxRate = number({ id: "max_rate", min: 0, max: 1000, step: "any", onchange: () => this.choose("max_rate", Number(this.maxRate.value)) });
    this.tried = new Tried();
    this.cards = el("div", { class: "stack" });
    this.tryWrong = el("p", { class: "wrong", hidden: true });
    this.tryButton = el("button", { type: "button", onclick: () => this.try() }, "Try");
    this.undoButton = el("button", { type: "button", onclick: () => this.undo() }, "Undo");
    this.applyButton = el("button", { type: "button", class: "main", onclick: () => this.apply() }, "Apply");
    this.said = el("div", { class: "stack-small", role: "status" });
    this.element = el("div", {}, el("p", { class: "row" }, el("a", { href: "./" }, "‹ Overview"), el("a", { href: "setup" }, "All cameras")), this.layout());
  }

  layout() {
    const own = !this.view && [field("Turn", this.rotate), field("Mirror", this.flip)];
    return el("div", { class: "set-up" },
      el("div", { class: "card camera" }, el("div", { class: "sheet" }, this.frame),
        el("div", { class: "pad stack-small" },
          el("div", { class: "row" }, this.view ? this.modes[0] : this.modes, this.addMask), this.hint,
          el("div", { class: "fields four" }, this.regionFields.map((f) => f.element)), this.masks,
          el("div", { class: "fields" }, own, field("Fit", this.fit, this.about("fit")), field("Model", this.model)))),
      el("div", { class: "stack side" },
        el("section", { class: "card pad stack-small", "aria-labelledby": "seen" }, el("h2", { id: "seen" }, "Model's view"),
          this.tried.element, this.tried.words, this.tryWrong, el("div", { class: "row" }, this.tryButton)),
        this.cards, el("section", { class: "card pad stack-small" }, el("h2", {}, "Remove"),
          el("p", { class: "quiet" }, "Takes this camera out of the config file. Its snapshots stay."),
          el("button", { type: "button", class: "danger", onclick: () => this.remove() }, `Remove ${this.name}`))),
      el("div", { class: "bar card" }, this.said, el("div", { class: "row end" }, this.undoButton, this.applyButton)));
  }

  // about is what the config file says of a key of the camera.
  about(key) { return this.file.help?.[`cameras.*.${key}`]; }

  // drawCards shows the sections that the camera has.
  drawCards() {
    const card = (id, title, section) => section?.elements.length > 0 && el("section", { class: "card pad stack-small", "aria-labelledby": id }, el("h2", { id }, title), el("div", { class: "fields narrow" }, section.elements));
    const source = this.source && el("section", { class: "card pad" }, el("details", { open: Boolean(this.cards.querySelector("details[open]")) }, el("summary", {}, `Camera: ${this.values.source}`),
      el("div", { class: "fields" }, this.source.elements, field("Max rate", this.maxRate, this.about("max_rate")))));
    this.cards.replaceChildren(...[card("finds", "What is listed", this.objects), card("then", "A second model for what is found", this.then),
      card("counts", "When it counts", this.decision), source].filter(Boolean));
  }

  // edited is called after a change by hand; tries: what the model finds may be another.
  edited(tries) {
    this.said.replaceChildren();
    this.update();
    if (tries) this.trySoon();
  }

  chooseModel() {
    this.draft.model = this.model.value;
    this.takeModel();
    this.drawCards();
    this.edited(true);
  }

  // fill puts the draft into all fields.
  fill() {
    for (const { key, input } of this.regionFields) input.value = String(Math.round(this.draft.region[key] * 1000) / 10);
    this.model.value = this.draft.model;
    this.fit.value = this.draft.fit;
    this.rotate.value = String(this.draft.rotate);
    this.flip.value = this.draft.flip;
    this.maxRate.value = String(this.draft.max_rate);
    this.drawCards();
    this.fillMasks();
    this.drawing.draw();
    this.update();
  }

  fillMasks() {
    const shown = this.drawing.mode === "mask";
    this.masks.hidden = !shown;
    if (!shown || this.masks.contains(document.activeElement)) return;
    this.masks.replaceChildren(...this.draft.mask.map((flat, i) => {
      const input = el("input", { id: `mask-${i}`, value: flat.map((x) => Math.round(x * 1000) / 10).join(" "), onchange: () => this.typeMask(i, input) });
      return el("div", { class: "row mask-row" }, field(`Mask ${i + 1}, points in % (left top left top …)`, input),
        el("button", { type: "button", onclick: () => { this.draft.mask.splice(i, 1); this.moved(); this.drawing.draw(); } }, "Remove"));
    }));
  }

  setMode(mode) {
    this.drawing.setMode(mode);
    this.modes.forEach((button, i) => button.setAttribute("aria-pressed", (i === 0) === (mode === "region")));
    this.addMask.hidden = mode !== "mask";
    this.fillMasks();
    this.update();
  }

  newMask() {
    const at = 0.1 + 0.1 * (this.draft.mask.length % 5);
    this.draft.mask.push([at, at, at + 0.2, at, at + 0.2, at + 0.2, at, at + 0.2].map(round));
    this.drawing.done();
    const points = this.drawing.layer.querySelectorAll(".point");
    points[points.length - 4].focus();
  }

  typeMask(i, input) {
    const numbers = input.value.split(/[\s,;]+/).filter(Boolean).map(Number);
    const bad = numbers.length < 6 || numbers.length % 2 || numbers.some((n) => !(n >= 0 && n <= 100));
    mark(input, bad ? "Three points or more: pairs of numbers from 0 to 100." : "");
    if (bad) return;
    this.draft.mask[i] = numbers.map((n) => round(n / 100));
    this.drawing.draw();
    this.update();
    this.trySoon();
  }

  typeRegion(key, input) {
    const r = this.draft.region, size = key === "width" || key === "height";
    const room = key === "width" ? 1 - r.x : key === "height" ? 1 - r.y : key === "x" ? 1 - r.width : 1 - r.height;
    const value = Number(input.value) / 100;
    if (input.value === "" || !(value >= (size ? 0.001 : 0) && value <= room + 1e-9)) {
      mark(input, `${size ? "Above 0" : "0"} to ${Math.round(room * 1000) / 10}.`);
      return;
    }
    mark(input, "");
    r[key] = round(value);
    this.drawing.draw();
    this.moved();
  }

  choose(key, value) {
    this.draft[key] = value;
    this.edited(true);
  }

  // turn changes how the picture is put upright. What is drawn on it turns with it.
  turn(rotate, flip) {
    const m = between(orientation(this.draft.rotate, this.draft.flip), orientation(rotate, flip));
    Object.assign(this.draft, { rotate, flip, mask: this.draft.mask.map((flat) => polygon(m, flat).map(round)) });
    const r = region(m, this.draft.region);
    for (const key of Object.keys(r)) this.draft.region[key] = round(r[key]);
    this.fill();
    this.paint();
    this.said.replaceChildren();
    this.trySoon();
  }

  // moved is called after something was drawn by hand.
  moved() {
    for (const { key, input } of this.regionFields) {
      input.value = String(Math.round(this.draft.region[key] * 1000) / 10);
      mark(input, "");
    }
    this.fillMasks();
    this.said.replaceChildren();
    this.update();
    this.trySoon();
  }

  update() {
    const n = this.changes().length;
    this.applyButton.disabled = !n || !this.file.writable;
    this.undoButton.hidden = !n && !this.file.undo;
    say(this.undoButton, n ? "Undo" : "Undo the last Apply");
    if (n && !this.said.firstChild) this.said.replaceChildren(el("p", { class: "care" }, "Not saved."));
    if (!n && this.said.textContent === "Not saved.") this.said.replaceChildren();
    if (!this.file.writable && n) edited(this.changes()).then((e) => this.said.replaceChildren(unwritable(this.file, e.text)), () => {});
    say(this.hint, this.drawing.mode === "region"
      ? "The model sees what is in the frame. Drag its corners, or move them with the arrow keys; with Shift in larger steps."
      : "What is under a mask is black for everything: model, snapshots, this page. Drag points; + adds one, the Delete key removes one.");
  }

  // Pictures.

  begin() {
    this.stop = new AbortController();
    follow((news, cameras) => this.see(cameras.get(this.name)), { look: true, stop: this.stop.signal }).catch((error) => this.said.replaceChildren(...trouble(error)));
  }

  async see(camera) {
    if (!camera) return;
    const status = camera.status;
    const away = status && ["lost", "paused", "ended", "stopped"].includes(status.state);
    if (away) say(this.veil, status.reason ? `${status.state}: ${status.reason}` : status.state);
    this.veil.hidden = !away && Boolean(this.bitmap);
    if (!camera.picture || camera.picture.sequence === this.sequence) return;
    try {
      const response = await ask(`api/v1/cameras/${encodeURIComponent(camera.picture.camera)}/picture.jpg?look=1&sequence=${camera.picture.sequence}`);
      const bitmap = await createImageBitmap(await response.blob());
      this.bitmap?.close(); // not before: meanwhile it may be painted again
      this.bitmap = bitmap;
    } catch {
      return; // the next one comes soon
    }
    const first = this.sequence === undefined;
    this.sequence = camera.picture.sequence;
    this.veil.hidden = !away;
    this.paint();
    if (first) this.try();
  }

  // paint shows the picture as the draft turns it.
  paint() {
    if (!this.bitmap) return;
    draw(this.canvas, this.bitmap, between(orientation(this.saved.rotate, this.saved.flip), orientation(this.draft.rotate, this.draft.flip)));
    this.frame.classList.toggle("tall", this.canvas.height > this.canvas.width);
  }

  trySoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.try(), 700);
  }

  async try() {
    if (this.trying) {
      this.trySoon();
      return;
    }
    this.trying = true;
    const { model, region: r, fit, rotate, flip, mask } = this.draft;
    const { threshold, max_results, only } = this.objects.draft;
    const objects = this.objects.elements.length ? { threshold, max_results, only: (only || []).map(String) } : undefined;
    const then = this.then ? { ...this.then.draft, labels: this.then.draft.labels.map(String) } : undefined;
    try {
      const answer = await ask(`api/v1/cameras/${encodeURIComponent(this.name)}/preview`, { method: "POST", json: { model, region: r, fit, rotate, flip, mask, objects, then } });
      await this.tried.show(answer, { region: r });
      this.tryWrong.hidden = true;
    } catch (error) {
      say(this.tryWrong, sentence(error)).hidden = false;
    } finally {
      this.trying = false;
    }
  }

  // Saving.

  async apply() {
    const changes = this.changes();
    this.applyButton.disabled = this.undoButton.disabled = true;
    this.said.replaceChildren(el("p", {}, "Applying …"));
    try {
      const { text, problems: wrong } = await edited(changes);
      if (wrong.length) return this.refuse(wrong);
      await this.settle(outcome(await apply(text, this.file)));
    } catch (error) {
      if (error.problems && error.problems.length) this.refuse(error.problems);
      else this.said.replaceChildren(...trouble(error, async () => { this.file = await read(); this.said.replaceChildren(); this.update(); }));
      this.applyButton.disabled = false;
    } finally {
      this.undoButton.disabled = false;
    }
  }

  // refuse says what is wrong: beside its field if there is one, else below.
  refuse(wrong) {
    const inputs = new Map([...this.regionFields.map((f) => [`region.${f.key}`, f.input]), ["max_rate", this.maxRate], ["model", this.model], ["fit", this.fit]]);
    const rest = wrong.filter((p) => {
      const key = p.key || "", of = [this.objects, this.then, this.decision, this.source].map((section) => section?.inputOf(key)).find(Boolean);
      const input = of || inputs.get(key.replace(`${this.base}.`, ""));
      if (!input) return true;
      mark(input, p.message);
      input.closest("details")?.setAttribute("open", "");
      input.focus();
      return false;
    });
    this.said.replaceChildren(el("p", { class: "wrong" }, `Not applied: ${plural(wrong.length, "problem")}.`), problems(rest));
    this.applyButton.disabled = false;
  }

  async settle(text) {
    const file = await read();
    if (!file.values.cameras[this.name]) {
      location.href = "setup";
      return;
    }
    this.take(file);
    this.fill();
    this.paint();
    this.said.replaceChildren(el("p", { class: "good" }, text));
    announce(text);
    document.querySelectorAll("[aria-invalid]").forEach((input) => mark(input, ""));
  }

  async undo() {
    if (this.dirty()) {
      this.take(this.file);
      this.said.replaceChildren();
      this.fill();
      this.paint();
      this.trySoon();
      return;
    }
    this.undoButton.disabled = true;
    try {
      await this.settle(outcome(await undo()));
    } catch (error) {
      this.said.replaceChildren(...trouble(error));
    } finally {
      this.undoButton.disabled = false;
    }
  }

  async remove() {
    if (!await confirm(`Remove ${this.name}?`, "It is taken out of the config file at once. Undo in Settings brings it back.", "Remove")) return;
    try {
      const { text, problems: wrong } = await edited([{ key: `cameras.${this.name}`, value: null }]);
      if (wrong.length) return this.refuse(wrong);
      await apply(text, this.file);
      location.href = "./";
    } catch (error) {
      this.said.replaceChildren(...trouble(error));
    }
  }
}
