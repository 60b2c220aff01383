// What all cameras see, and what is decided.

import { $, age, ago, announce, ask, bars, clockTime, el, eventText, follow, keep, named, percent, pictureOf, pngOf, rate, say, sentence, set, show } from "./app.js";
import { bitmapOf, Found, list as listFound, placeIn } from "./found.js";

const shownEvents = 5;
const oldAfter = 5; // s without a picture

export async function start(content) {
  const cards = new Map();
  const list = el("div");
  const recent = recentEvents();
  content.append(list, el("p", { class: "row end add" }, el("a", { class: "button", href: "setup" }, "Add a camera")), recent.section);
  setInterval(() => cards.forEach((card) => card.tick()), 250);
  await follow(async (news, cameras) => {
    arrange(list, cards, cameras);
    const pictures = await fetchPictures(news, cameras);
    await Promise.all([...cards.values()].map((card) => card.update(cameras.get(card.name), pictures)));
    for (const picture of pictures.values()) setTimeout(() => URL.revokeObjectURL(picture.url), 1000);
    recent.update(news);
  });
}

// arrange makes a card for each camera and drops those of cameras that are gone.
function arrange(list, cards, cameras) {
  for (const [name, card] of cards) {
    if (!cameras.has(name)) {
      card.element.remove();
      cards.delete(name);
    }
  }
  for (const [name, camera] of cameras) {
    if (!cards.has(name)) cards.set(name, new Card(camera));
  }
  const order = [...cards.keys()].sort();
  order.forEach((name, i) => {
    if (list.children[i] !== cards.get(name).element) list.insertBefore(cards.get(name).element, list.children[i] || null);
  });
  if (!order.length && !list.firstChild) list.append(noCamera());
  else if (order.length) list.querySelector(".empty")?.remove();
}

const noCamera = () => el("div", { class: "card empty" }, el("p", {}, "No camera is set up."), el("a", { class: "button main", href: "setup" }, "Find cameras"));

// fetchPictures gets the newest picture of each camera that has one, once for it and its views.
async function fetchPictures(news, cameras) {
  const wanted = new Set(news.cameras.filter((c) => c.picture).map((c) => c.picture.camera));
  const pictures = new Map();
  await Promise.all([...wanted].map(async (name) => {
    const camera = cameras.get(name);
    if (!camera || !camera.picture) return;
    try {
      pictures.set(name, await pictureOf(`api/v1/cameras/${encodeURIComponent(name)}/picture.jpg?sequence=${camera.picture.sequence}`));
    } catch {
      // the camera has gone meanwhile, which its status tells
    }
  }));
  return pictures;
}

// regionOverlay draws a part of the picture, and darkens the rest.
export function regionOverlay(view) {
  const r = view.region.width ? view.region : { x: 0, y: 0, width: 1, height: 1 };
  if (r.width === 1 && r.height === 1) return null;
  const box = { x: r.x, y: r.y, width: r.width, height: r.height };
  const hole = `M0 0H1V1H0ZM${r.x} ${r.y}v${r.height}h${r.width}v${-r.height}Z`;
  return [el("path", { class: "outside", d: hole, "fill-rule": "evenodd" }), el("rect", { class: "region back", ...box }), el("rect", { class: "region", ...box })];
}

// nearest is what a taught model knows that is like the picture: [] if it was not taught.
function nearest({ familiar, unknown, nearest: like }) {
  if (familiar == null) return [];
  const text = `familiar ${percent(familiar)}: ${unknown ? "looks like nothing it was taught" : like ? `most like a taught picture of ${like.class}` : "like what it was taught"}`;
  return [el("div", { class: "nearest" }, like && like.name && el("img", { src: `api/v1/teach/${encodeURIComponent(like.name)}/samples/${like.id}`, alt: `The nearest taught picture: ${like.class}`, width: 96, height: 72 }), el("p", {}, text))];
}

// oddOverlay frames what looks different.
function oddOverlay([x, y, width, height]) {
  return ["region back", "region odd"].map((name) => el("rect", { class: name, x, y, width, height }));
}

// drawnTasks are those whose results are drawn, by what the button says that hides them.
const drawnTasks = { detect: "Boxes", segment: "Areas", pose: "Bodies" };

// tilesOf are numbers to show instead of a label: [what, number, whether it is none]; null: the camera decides for a label.
function tilesOf(d, task, result) {
  if (d?.counts) return Object.entries(d.counts).map(([label, n]) => [label, n, !n]);
  if (d?.shares) return Object.entries(d.shares).map(([label, share]) => [label, percent(share), !share]);
  if (task === "pose") return result ? [[result.poses.length === 1 ? "body" : "bodies", result.poses.length, !result.poses.length]] : [];
  return task === "detect" || task === "segment" ? [] : null;
}

// changedCounts says which counts are others than before.
const changedCounts = (before = {}, now = {}) => Object.entries(now).filter(([label, n]) => n !== before[label]).map(([label, n]) => `${named({ label })} ${n}`).join(", ");

class Card {
  constructor(camera) {
    this.name = camera.name;
    this.camera = camera;
    this.result = null; // what is shown of it
    const id = `camera-${camera.name}`;
    this.image = el("img", { alt: `Picture of ${camera.name}`, width: 640, height: 480, hidden: true });
    this.over = el("svg", { class: "over", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.found = new Found();
    this.veil = el("div", { class: "veil" }, "Waiting for the first picture");
    this.blank = el("svg", { viewBox: "0 0 4 3", "aria-hidden": "true" });
    this.picture = el("figure", { class: "picture" }, el("div", { class: "shot" }, this.blank, this.image, this.found.element, this.over), this.veil);
    this.state = el("p", { class: "state" });
    this.when = el("p", { class: "quiet small number" });
    this.regionButton = el("button", { type: "button", class: "plain", "aria-pressed": "true", onclick: () => this.toggle(this.regionButton) }, "Region");
    this.foundButton = el("button", { type: "button", class: "plain", "aria-pressed": "true", hidden: true, onclick: () => this.toggle(this.foundButton) }, "Boxes");
    this.inputButton = el("button", { type: "button", class: "plain", "aria-pressed": "false", hidden: true, onclick: () => this.toggle(this.inputButton) }, "Model's view");
    this.whyButton = el("button", { type: "button", "aria-pressed": "false", hidden: true, onclick: () => this.why() }, "Why?");
    this.because = el("div", { class: "quiet stack-small", role: "status", hidden: true });
    this.label = el("p", { class: "label-big none" }, "…");
    this.tiles = el("ul", { class: "tiles", hidden: true });
    this.since = el("p", { class: "quiet" });
    this.reason = el("p");
    this.odd = el("p", { class: "care", hidden: true });
    this.gate = el("p", { class: "quiet" });
    this.answer = el("div");
    this.engine = el("p", { class: "quiet small" });
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    this.pause = el("button", { type: "button", onclick: () => this.setPaused() }, "Pause");
    this.element = el("article", { class: "card camera", "aria-labelledby": id },
      el("header", {}, el("h2", { id }, camera.name), this.state),
      el("div", { class: "body" },
        el("div", {}, this.picture, el("div", { class: "under" }, this.when, el("div", { class: "row" }, this.foundButton, this.regionButton, this.inputButton))),
        el("div", { class: "said" },
          el("div", { class: "decided" }, this.label, this.tiles, this.since, this.reason, this.odd, this.gate),
          this.answer, this.because, this.engine, this.wrong,
          el("div", { class: "row" }, this.whyButton, this.pause, el("a", { class: "button", href: `setup?camera=${encodeURIComponent(camera.name)}`, "aria-label": `Set up ${camera.name}` }, "Set up")))));
  }

  toggle(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    this.drawn = null;
    this.drawOver();
    this.drawFound();
  }

  pressed(button) { return button.getAttribute("aria-pressed") === "true"; }

  // why shows which part of the picture speaks for the answer, until the button is pressed again.
  async why() {
    const on = !this.pressed(this.whyButton);
    this.whyButton.setAttribute("aria-pressed", on);
    this.because.hidden = true;
    this.explain(false);
    if (!on) return;
    try {
      const answer = await ask(`api/v1/cameras/${encodeURIComponent(this.name)}/why`);
      const best = answer.classes[0];
      this.because.replaceChildren(el("p", {}, best ? `${named(best)}: ${answer.reason}` : answer.reason), ...nearest(answer));
      this.because.hidden = false;
      if (!answer.why || !this.pressed(this.whyButton)) return;
      this.explain(true);
      this.picture.classList.remove("tall");
      this.picture.classList.add("square");
      await show(this.image, { url: URL.createObjectURL(pngOf(answer.why)) });
    } catch (error) {
      this.whyButton.setAttribute("aria-pressed", "false");
      this.explain(false);
      say(this.wrong, sentence(error)).hidden = false;
    }
  }

  // explain makes room for a picture of why, which stays until it is taken away.
  explain(on) {
    this.explained = on;
    this.drawn = null;
    this.drawOver();
    this.drawFound();
  }

  // update shows what is known of the camera now. What a result says is shown with its picture, and not before.
  async update(camera, pictures) {
    const before = this.camera;
    this.camera = camera;
    this.task = camera.task;
    const fresh = camera.picture && pictures.get(camera.picture.camera);
    if (fresh && !this.explained) await this.showPicture(fresh, camera);
    else if (!camera.picture && camera.result) this.showResult(camera.result);
    this.drawState();
    this.drawDecision(before);
    this.drawOver();
    this.tick();
  }

  // showPicture shows a picture, and at once with it what was found in it.
  async showPicture(fresh, camera) {
    let bitmap = null, next = this.image;
    try {
      bitmap = await bitmapOf(camera.mask);
      if (this.pressed(this.inputButton)) await this.showInput(camera);
      else {
        next = this.image.cloneNode();
        next.src = fresh.url;
        await next.decode();
        if (this.explained) return;
        this.picture.classList.remove("square");
      }
    } catch {
      return; // the next one comes soon
    }
    set(next, "width", camera.picture.width);
    set(next, "height", camera.picture.height);
    this.image.replaceWith(next);
    this.image = next;
    this.picture.classList.toggle("tall", camera.picture.height > camera.picture.width && !this.picture.classList.contains("square"));
    this.image.hidden = false;
    this.inputButton.hidden = false;
    if (camera.result) this.whyButton.hidden = false; // and stays: who has the focus on it must not lose it to a picture without a result
    this.blank.setAttribute("hidden", "");
    this.at = camera.picture.time;
    this.shown = { result: camera.result, mask: camera.mask, bitmap };
    if (camera.result) this.showResult(camera.result, camera.mask);
    else this.answer.firstElementChild?.replaceChildren(); // what was answered was another picture
    this.drawFound();
  }

  async showInput(camera) {
    const input = await pictureOf(`api/v1/cameras/${encodeURIComponent(this.name)}/input.png`);
    this.picture.classList.add("square");
    await show(this.image, input);
  }

  showResult(result, mask) {
    keep(this.answer, [listFound(result, mask, this.camera.view, this.answer.firstElementChild) || bars(result.predictions)]);
    const { inference_ms: took, then_ms: then } = result.stages, ms = (n) => `${n.toFixed(n < 10 ? 1 : 0)} ms`;
    say(this.engine, `${result.model.name} on ${result.engine}, ${ms(took)}${then ? `, the second model ${ms(then)}` : ""}`);
  }

  drawState() {
    const { status, rate: answers } = this.camera;
    const state = status ? status.state : "connecting";
    this.state.className = `state ${{ online: "good", lost: "bad", paused: "care" }[state] || ""}`;
    say(this.state, state === "online" ? `online, ${rate(answers || 0)}` : state === "connecting" ? "connecting" : `${state} since ${clockTime(status.time)}`);
    const paused = Boolean(this.camera.settings && this.camera.settings.paused);
    say(this.pause, paused ? "Resume" : "Pause");
    set(this.pause, "aria-label", `${paused ? "Resume" : "Pause"} ${this.name}`);
    this.paused = paused;
  }

  drawDecision(before) {
    const d = this.camera.decision, gate = this.camera.gate;
    const label = d ? d.label ?? (this.task === "embed" ? "nobody" : "none") : "…";
    const counted = this.drawTiles(d);
    say(this.label, label).hidden = counted;
    this.label.classList.toggle("none", !d || d.label == null);
    const decides = this.task !== "pose"; // bodies are only told of
    say(this.since, !decides ? "" : d ? `since ${clockTime(d.time, false)}` : "nothing decided yet");
    say(this.reason, d && decides ? d.reason : "");
    this.drawOdd(before.decision, d);
    const held = [];
    if (gate && gate.state === "idle") held.push(gate.reason || "idle");
    if (gate && gate.duty_reason) held.push(`working ${percent(gate.duty)} of the time: ${gate.duty_reason}`);
    say(this.gate, held.join(", "));
    if (before !== this.camera && before.decision && d && before.decision.time !== d.time) {
      const news = counted ? changedCounts(before.decision.counts, d.counts) : label;
      if (news) announce(`${this.name}: ${news}`);
    }
    if (before.status && this.camera.status && before.status.state !== "lost" && this.camera.status.state === "lost") announce(`${this.name} lost`);
  }

  // drawTiles shows what is counted, if that is what the camera decides.
  drawTiles(d) {
    const list = tilesOf(d, this.task, this.camera.result);
    this.tiles.hidden = !list;
    const key = JSON.stringify(list);
    if (list && this.tiles.dataset.key !== key) {
      this.tiles.dataset.key = key;
      this.tiles.replaceChildren(...list.map(([label, number, none]) => el("li", { class: none ? "none" : null }, el("strong", {}, number), " ", el("bdi", {}, named({ label })))));
    }
    return Boolean(list);
  }

  // oddBox is where the picture looks different; null: nowhere.
  oddBox() {
    const different = this.camera.result && this.camera.result.different;
    return different && different.score >= 1 ? different.box : null;
  }

  // drawOdd says whether the scene looks different, by what is decided, and where, by the picture.
  drawOdd(before, now) {
    const box = this.oddBox();
    const odd = Boolean(now && now.different);
    this.odd.hidden = !odd;
    say(this.odd, odd ? `looks different${box ? `, ${placeIn(this.camera.view, box)}` : ""}` : "");
    if (odd && before && before.different === false) announce(`${this.name}: ${this.odd.textContent}`);
  }

  // drawFound draws what was found in the picture that is shown.
  drawFound() {
    const result = this.shown?.result;
    const kind = drawnTasks[this.task];
    this.foundButton.hidden = !kind;
    if (kind) say(this.foundButton, kind);
    if (result && kind && this.plain() && this.pressed(this.foundButton)) this.found.draw(result, this.shown.mask, this.shown.bitmap);
    else this.found.clear();
  }

  // plain tells whether the camera's picture is on show, and not what the model sees.
  plain() { return !this.pressed(this.inputButton) && !this.explained && !this.image.hidden; }

  // drawOver draws the region, and what looks different.
  drawOver() {
    const plain = this.plain();
    const region = plain && this.pressed(this.regionButton) ? regionOverlay(this.camera.view) : null;
    const box = plain ? this.oddBox() : null;
    this.regionButton.hidden = !regionOverlay(this.camera.view);
    const key = JSON.stringify([region && this.camera.view.region, box]);
    if (this.drawn === key) return;
    this.drawn = key;
    this.over.replaceChildren(...(region || []), ...(box ? oddOverlay(box) : []));
  }

  // tick says how old the picture is.
  tick() {
    const { status } = this.camera;
    const away = status && ["lost", "paused", "ended", "stopped"].includes(status.state);
    const old = !this.at || away || age(this.at) > oldAfter;
    const slow = !away && this.camera.gate && this.camera.gate.state !== "open";
    this.picture.classList.toggle("old", Boolean(this.at) && old && !slow);
    say(this.when, this.at ? ago(this.at) : "");
    const lines = [];
    if (this.at && old && !slow) lines.push(ago(this.at));
    if (away) lines.push(status.reason ? `${status.state}: ${status.reason}` : status.state);
    else if (!this.at) lines.push("Waiting for the first picture");
    const text = lines.join("\n");
    if (this.veil.dataset.text === text) return;
    this.veil.dataset.text = text;
    this.veil.replaceChildren(...lines.map((line) => el("span", {}, line)));
    if (away && status.state === "lost") this.veil.append(el("a", { class: "button", href: "health" }, "How to mend it"));
  }

  async setPaused() {
    this.wrong.hidden = true;
    try {
      const answer = await ask(`api/v1/cameras/${encodeURIComponent(this.name)}/commands`, { method: "POST", json: { command: "paused", value: this.paused ? "OFF" : "ON" } });
      if (answer.outcome === "refused") throw new Error(answer.reason);
    } catch (error) {
      say(this.wrong, sentence(error)).hidden = false;
    }
  }
}

// recentEvents lists the last few, with a way to all.
function recentEvents() {
  const list = el("ul", { class: "events" });
  const section = el("section", { class: "card camera", "aria-labelledby": "recent", hidden: true },
    el("header", {}, el("h2", { id: "recent" }, "Lately"), el("a", { href: "events" }, "All events")), list);
  let rows = new Map();
  return {
    section,
    update(news) {
      const wanted = (news.events || []).filter((e) => e.event.kind !== "label"); // frame by frame: too much for here
      if (!wanted.length) return;
      const all = new Map(rows);
      for (const e of wanted) if (all.get(e.id)?.picture !== e.picture) all.set(e.id, recentEvent(e));
      const newest = [...all.values()].sort((a, b) => b.time.localeCompare(a.time)).slice(0, shownEvents);
      rows = new Map(newest.map((row) => [row.id, row]));
      section.hidden = false;
      keep(list, newest.map((row) => row.element));
    },
  };
}

const recentEvent = (e) => ({ id: e.id, time: e.event.time, picture: e.picture, element: el("li", {},
  el("time", { datetime: e.event.time }, clockTime(e.event.time)),
  el("p", {}, e.event.camera && el("strong", {}, `${e.event.camera} `), eventText(e.event)),
  e.picture && el("a", { class: "thumb", href: "events" }, el("img", {
    src: `api/v1/events/${encodeURIComponent(e.id)}/picture.jpg`, alt: `Picture of ${e.event.camera}`, width: 80, height: 60, loading: "lazy" }))) });
