// What has happened: the last events, and the pictures on the disk of those before.

import { ask, clockTime, el, eventOf, eventText, field, follow, keep, sentence } from "./app.js";

const kinds = [["", "all"], ["decision", "decisions"], ["count", "counts"], ["different", "looks different"], ["label", "top classes"], ["camera", "cameras"], ["engine", "engines"]];

const remembered = 500; // newer ones take the place of older ones, unless somebody asks for those

export async function start(content) {
  const page = new Events();
  content.append(page.element);
  page.teach = (await ask("api/v1/live?pictures=0")).teach;
  await page.load();
  await follow((news) => page.add(news.events || []), { pictures: false, pace: 1000 });
}

class Events {
  constructor() {
    this.shown = [];
    this.most = remembered;
    this.kind = el("select", { id: "kind", onchange: () => this.load() }, kinds.map(([value, text]) => el("option", { value }, text)));
    this.camera = el("select", { id: "camera", onchange: () => this.load() }, el("option", { value: "" }, "all"));
    this.list = el("ul", { class: "events" });
    this.none = el("div", { class: "empty", hidden: true }, el("p", {}, "Nothing has happened yet. A change of what a camera shows, and a camera or engine that is lost, is an event."),
      el("p", {}, "Pictures of changes are kept once a camera has a section ", el("code", {}, "snapshot"), " with ", el("code", {}, "disk: true"), " or ", el("code", {}, "mqtt: true"), " in the config file."), el("a", { class: "button", href: "settings" }, "Config file"));
    this.said = el("p", { class: "wrong pad", role: "alert", hidden: true });
    this.more = el("button", { type: "button", hidden: true, onclick: () => this.load(this.shown.at(-1)) }, "Older ones");
    this.element = el("div", { class: "stack" },
      el("div", { class: "fields" }, field("What", this.kind), field("Camera", this.camera)),
      el("div", { class: "card" }, this.said, this.list, this.none), el("div", { class: "row" }, this.more));
  }

  // load lists events anew, or those before one.
  async load(before) {
    const query = new URLSearchParams({ limit: 50 });
    if (this.kind.value) query.set("kind", this.kind.value);
    if (this.camera.value) query.set("camera", this.camera.value);
    if (before) query.set("before", before.id);
    try {
      const answer = await ask(`api/v1/events?${query}`);
      this.shown = before ? [...this.shown, ...answer.events] : answer.events;
      this.most = Math.max(remembered, this.shown.length);
      this.more.hidden = !answer.more;
      this.said.hidden = true;
      this.draw();
    } catch (error) {
      this.said.textContent = sentence(error);
      this.said.hidden = false;
    }
  }

  // add puts events on top that are new.
  add(events) {
    const known = new Set(this.shown.map((e) => e.id));
    const fresh = events.filter((e) => !known.has(e.id) && (!this.kind.value || e.event.kind === this.kind.value) && (!this.camera.value || e.event.camera === this.camera.value));
    const changed = events.some((e) => known.has(e.id) && e.picture && !this.shown.find((s) => s.id === e.id).picture);
    if (!fresh.length && !changed) return;
    const newer = new Map(events.filter((e) => e.picture).map((e) => [e.id, e])); // without, it may be on the disk
    const all = [...fresh, ...this.shown.map((e) => newer.get(e.id) || e)];
    this.shown = all.slice(0, this.most);
    if (this.shown.length < all.length) this.more.hidden = false;
    this.draw();
  }

  draw() {
    const names = [...new Set(this.shown.map((e) => eventOf(e).camera).filter(Boolean))].sort();
    for (const name of names) {
      if (![...this.camera.options].some((o) => o.value === name)) this.camera.append(el("option", { value: name }, name));
    }
    this.none.hidden = this.shown.length > 0;
    this.rows ||= new Map();
    const rows = new Map();
    for (const e of this.shown) rows.set(e.id, this.rows.get(e.id)?.picture === e.picture ? this.rows.get(e.id) : this.row(e));
    this.rows = rows;
    keep(this.list, [...rows.values()].map((row) => row.element));
  }

  row(e) {
    const { camera, time } = eventOf(e), what = eventText(eventOf(e));
    return { picture: e.picture, element: el("li", {}, el("time", { datetime: time }, clockTime(time)),
      el("p", {}, camera && el("strong", {}, `${camera} `), what),
      e.picture && el("button", { type: "button", class: "thumb", "aria-label": `Enlarge the picture: ${camera} ${what}`, onclick: () => enlarge(e, this.teach) },
        el("img", { src: pictureAddress(e), alt: "", width: 80, height: 60, loading: "lazy" }))) };
  }
}

const pictureAddress = (e) => `api/v1/events/${encodeURIComponent(e.id)}/picture.jpg`;

// enlarge shows the picture of an event over the page, with a way to teach with it.
function enlarge(e, teach) {
  const { camera, time } = eventOf(e), what = eventText(eventOf(e));
  const box = el("dialog", { class: "wide", "aria-label": "Picture" });
  const close = el("button", { type: "button", onclick: () => box.close() }, "Close");
  box.append(el("div", { class: "stack-small" }, el("img", { src: pictureAddress(e), alt: `Picture of ${camera}, ${what}`, class: "large" }),
    el("div", { class: "row apart" }, el("p", {}, `${clockTime(time)} ${camera}: ${what}`), el("div", { class: "row" }, teach && teachButton(e.id, camera), close))));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  close.focus();
}

// teachButton asks what the picture of an event is to teach.
const teachButton = (id, camera) => el("button", { type: "button", onclick: async () => (await import("./samples.js")).teachEvent(id, camera) }, "Teach with this");
