// The pictures of what is taught: a grid in which several are chosen at once, and what is done with them.

import { announce, ask, clockTime, confirm, dialog, el, field, keep, mark, percent, plural, say, sentence, set } from "./app.js";

export const at = (name, rest = "") => `api/v1/teach/${encodeURIComponent(name)}${rest}`;

// picture is a sample's, for the eye of who reads what is beside it.
export const picture = (name, id, alt = "") => el("img", { src: at(name, `/samples/${id}`), alt, width: 120, height: 90, loading: "lazy" });

export const button = (text, onclick, kind) => el("button", { type: "button", class: kind || null, onclick }, text);

// list are samples: {samples, total}.
export const list = (name, query) => ask(at(name, `/samples?${new URLSearchParams(query)}`));

// end ends what is under way, if it still is.
export const end = (name, what) => ask(at(name, what), { method: "DELETE" }).catch((error) => { if (error.status !== 404) throw error; });

// put gives pictures a place, however many they are.
export async function put(name, ids, to) {
  for (let i = 0; i < ids.length; i += 400) await ask(at(name, "/samples"), { method: "POST", json: { ids: ids.slice(i, i + 400), to } });
}

async function remove(name, ids) {
  for (let i = 0; i < ids.length; i += 50) await ask(at(name, `/samples?${ids.slice(i, i + 50).map((id) => `id=${id}`).join("&")}`), { method: "DELETE" });
}

// other is the class of all that is none of the others.
export const other = "other";

// wordsOf are what to call what a name of a kind has.
export const wordsOf = (kind) => kind === "people" ? {
  one: "person", One: "Person", fresh: "New person", example: "Who the camera shall say it is: anna", least: 1,
  begin: "Begin with 3 to 5 pictures of each face, of different days. ", needs: "It takes one person or more, with 3 pictures each at least. Ask them first.",
  right: "recognized", how: "Each picture was compared with the others alone, never with itself.",
} : {
  one: "class", One: "Class", fresh: "New class", example: "What the camera shall say: open", least: 2, other: true,
  begin: "Begin with 10 pictures of each class. ", needs: "It takes two classes or more, with 3 pictures each at least; 10 are good.",
  right: "right", how: "Each picture was answered by a model that was taught with the others alone, never with it.",
};

// askClass asks for the name of a class, or has one of those that there are chosen; undefined: nobody wants one.
export const askClass = (title, classes = [], words = wordsOf()) => dialog(title, (done) => {
  const input = el("input", { id: "new-class", maxlength: 64, autocapitalize: "none", spellcheck: "false" });
  return el("form", { class: "stack", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    const label = input.value.trim().toLowerCase().replace(/\s+/g, "-");
    if (/^[a-z0-9_-]{1,64}$/.test(label) && label !== "none" && label !== "unknown") done(label);
    else mark(input, "Letters a to z, digits, - and _; not none or unknown.");
  } },
  classes.length > 0 && el("div", { class: "row" }, classes.map((c) => button(c, () => done(c)))),
  field(classes.length ? `Or a ${words.fresh.toLowerCase()}` : `Name of the ${words.one}`, input, words.example),
  el("div", { class: "row end" }, button("Cancel", () => done()), el("button", { class: "main", type: "submit" }, "Take it")));
}, true);

// confirmOther says what the class of all the rest is good for, before there is one.
export const confirmOther = () => confirm("None of these", `That becomes a class like the others, named ${other}. Teach it what is there otherwise: such things are found again. Things of a kind that it was never shown are found less often, and with few pictures the other classes become a little less sure.`, `Begin ${other}`);

const views = [
  { key: "unsure", text: "not sure", query: { shelf: "inbox", order: "unsure" } },
  { key: "wrong", text: "wrong label?", query: { shelf: "pictures", order: "wrong", limit: 6 } },
  { key: "all", text: "all that wait", query: { shelf: "inbox" } },
  { key: "taught", text: "taught", query: { shelf: "pictures" }, classed: true },
  { key: "held", text: "held out", query: { shelf: "held" }, classed: true },
];

// fold makes one of near-copies; apart: it does not.
function fold(samples, apart) {
  const groups = new Map();
  for (const s of samples) {
    const key = apart ? s.id : `${s.class || ""} ${s.group}`;
    if (groups.has(key)) groups.get(key).samples.push(s);
    else groups.set(key, { key, samples: [s] });
  }
  return [...groups.values()];
}

// teachEvent takes the picture of an event into what is taught.
export async function teachEvent(id, camera) {
  const { lessons } = await ask("api/v1/teach");
  await dialog("Teach with this", (done) => {
    if (!lessons.length) return el("div", { class: "stack" }, el("p", {}, "Nothing is taught yet."), el("div", { class: "row end" }, button("Close", () => done()), el("a", { class: "button main", href: "teach" }, "Begin")));
    const mine = lessons.find((l) => l.base.camera === camera || l.cameras.includes(camera));
    const choice = el("select", { id: "teach-name", onchange: () => draw() }, lessons.map((l) => el("option", { selected: l === mine }, l.name)));
    const classes = el("div", { class: "row" }), said = el("p", { role: "status" }), wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    const take = async (to) => {
      wrong.hidden = true;
      try {
        const { fresh } = await ask(at(choice.value, "/samples"), { method: "POST", json: { event: id, to } });
        say(said, fresh ? `Taken into ${choice.value}${to.class ? ` as ${to.class}` : ", where it waits for a label"}.` : "It is there already.");
      } catch (error) {
        say(wrong, sentence(error)).hidden = false;
      }
    };
    const draw = () => {
      const lesson = lessons.find((l) => l.name === choice.value), words = wordsOf(lesson.kind);
      classes.replaceChildren(...lesson.classes.map((c) => button(c.label, () => take({ shelf: "pictures", class: c.label }), "main")),
        button(words.fresh, async () => {
          const label = await askClass(words.fresh, [], words);
          if (label) take({ shelf: "pictures", class: label });
        }), button("Decide later", () => take({ shelf: "inbox" })));
    };
    draw();
    return el("div", { class: "stack" }, field("What is taught", choice), el("p", {}, "It shows"), classes, wrong, said,
      el("div", { class: "row end" }, button("Close", () => done())));
  }, true);
}

export class Samples {
  // nothing makes what is shown where no picture waits; changed is called after something was done.
  constructor(name, nothing, changed) {
    Object.assign(this, { name, nothing, changed, items: [], chosen: new Set(), view: views[0], limit: 100, lesson: { classes: [] }, anchor: 0, focus: 0 });
    this.radios = views.map((v) => el("input", { type: "radio", name: "view", value: v.key, id: `view-${v.key}`, checked: v === views[0], onchange: () => this.look(v) }));
    this.counts = views.map(() => el("span"));
    this.class = el("select", { id: "of-class", onchange: () => this.look(this.view) });
    this.folded = el("input", { type: "checkbox", id: "folded", checked: true, onchange: () => this.look(this.view) });
    this.classLabel = el("label", { for: "of-class" }, "Class");
    this.classField = el("div", { class: "field", hidden: true }, this.classLabel, this.class);
    this.grid = el("ul", { class: "grid", role: "listbox", "aria-multiselectable": "true", "aria-label": "Pictures", onkeydown: (event) => this.key(event) });
    this.doubts = el("ul", { class: "grid doubts" });
    this.none = el("div", { class: "empty" });
    this.more = button("More pictures", () => { this.limit = Math.min(500, this.limit + 100); this.load(); });
    this.count = el("p", { role: "status" });
    this.said = el("p", { class: "wrong", role: "alert", hidden: true });
    this.done = el("p", { class: "row", role: "status" });
    this.actions = el("div", { class: "row" });
    this.bar = el("div", { class: "bar" }, this.count, this.actions);
    this.element = el("div", { class: "stack-small" },
      el("fieldset", { class: "row views" }, el("legend", { class: "unseen" }, "Which pictures"),
        views.map((v, i) => el("label", { class: "check" }, this.radios[i], el("span", {}, v.text, this.counts[i])))),
      el("label", { class: "check" }, this.folded, "near-copies as one"),
      this.classField, this.said, this.done, this.doubts, this.grid, this.none, el("div", { class: "row" }, this.more), this.bar);
  }

  // update takes what is known of the lesson, and lists the pictures anew if there are others.
  async update(lesson) {
    const before = this.lesson;
    this.lesson = lesson;
    this.words = wordsOf(lesson.kind);
    say(this.classLabel, this.words.One);
    const taught = lesson.classes.reduce((n, c) => n + c.pictures + c.copies, 0);
    [lesson.inbox, null, lesson.inbox, taught, lesson.held].forEach((n, i) => say(this.counts[i], n == null ? "" : ` ${n}`));
    const labels = lesson.classes.map((c) => c.label);
    if (labels.join() !== before.classes.map((c) => c.label).join() || !this.class.options.length) {
      const chosen = this.class.value;
      this.class.replaceChildren(el("option", { value: "" }, "all"), ...labels.map((c) => el("option", { value: c, selected: c === chosen }, c)));
    }
    const key = JSON.stringify([lesson.inbox, lesson.held, lesson.classes, lesson.collect]);
    if (key === this.known) return;
    this.known = key;
    await this.load();
  }

  // look shows other pictures.
  look(view) {
    Object.assign(this, { view, limit: 100, anchor: 0, focus: 0 });
    this.chosen.clear();
    this.classField.hidden = !view.classed;
    this.load();
  }

  async load() {
    const view = this.view, query = { limit: this.limit, ...view.query };
    if (view.classed && this.class.value) query.class = this.class.value;
    try {
      const answer = await list(this.name, query);
      if (view !== this.view) return; // others are wanted meanwhile
      this.total = answer.total;
      this.show(answer.samples);
      this.said.hidden = true;
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    const problems = (error.problems || []).map((p) => ` ${p.message}.`).join("");
    say(this.said, sentence(error) + problems).hidden = false;
  }

  show(samples) {
    const doubts = this.view.key === "wrong", before = new Map(this.items.map((item) => [item.key, item.element]));
    this.items = doubts ? [] : fold(samples, !this.folded.checked);
    this.items.forEach((item, i) => { item.element = this.option(item, i, before.get(item.key)); });
    for (const key of this.chosen) if (!this.items.some((item) => item.key === key)) this.chosen.delete(key);
    const held = this.grid.contains(document.activeElement);
    keep(this.grid, this.items.map((item) => item.element));
    if (held && !this.grid.contains(document.activeElement) && this.items.length) this.move(this.focus);
    this.doubts.replaceChildren(...doubts ? samples.map((s) => this.doubt(s)) : []);
    this.grid.hidden = !this.items.length;
    this.doubts.hidden = !this.doubts.children.length;
    this.none.hidden = samples.length > 0;
    if (!samples.length) this.none.replaceChildren(...this.empty());
    this.more.hidden = doubts || samples.length >= this.total || this.limit >= 500;
    this.draw();
  }

  empty() {
    switch (this.view.key) {
      case "wrong": return [el("p", {}, "No taught picture seems to have a wrong label. Training finds them: pictures that a model, taught with all the others, is sure to be something else.")];
      case "taught": return [el("p", {}, "Nothing is taught yet. Take pictures in, or give those that wait a label.")];
      case "held": return [el("p", {}, "No picture is held out. Choose some of the taught ones, and hold them out: they are never taught, and show how good a model is.")];
    }
    return this.nothing();
  }

  // option is a picture to choose, with its near-copies; of one that is there already, what is said of it.
  option(item, i, element) {
    const [s] = item.samples, guess = s.answer && `${s.answer} ${percent(s.score)}`;
    const text = s.class ? s.class + (guess && s.answer !== s.class ? `, answered ${guess}` : "") : guess || "no answer yet";
    const alike = item.samples.length > 1 && `and ${item.samples.length - 1} alike`;
    const key = `${i} ${text} ${alike} ${s.id}`;
    if (element && element.dataset.key === key) return element;
    const fresh = el("li", { role: "option", "data-key": key, "aria-selected": "false", tabindex: "-1",
      onclick: (event) => this.choose(this.items.findIndex((other) => other.element === fresh), event.shiftKey),
      ondblclick: () => this.enlarge(item) },
    el("span", { class: "unseen" }, `Picture ${i + 1}: `), picture(this.name, s.id), el("span", {}, text), alike && el("span", { class: "alike" }, alike));
    return fresh;
  }

  // doubt is a taught picture whose label seems to be wrong.
  doubt(s) {
    const act = (what, job) => el("button", { type: "button", "aria-label": `${what}: picture of ${clockTime(s.time)}`, onclick: () => this.act([s], job, what) }, what);
    return el("li", {}, picture(this.name, s.id, `Taught as ${s.class}`), el("p", {}, `Taught as ${s.class}; the others say ${s.answer} ${percent(s.score)}.`),
      el("div", { class: "row" }, act(`It is ${s.answer}`, () => put(this.name, [s.id], { shelf: "pictures", class: s.answer })), act("Delete", () => remove(this.name, [s.id]))));
  }

  // Choosing.

  choose(i, range) {
    const { key } = this.items[i];
    if (range) for (let k = Math.min(i, this.anchor); k <= Math.max(i, this.anchor); k++) this.chosen.add(this.items[k].key);
    else {
      if (!this.chosen.delete(key)) this.chosen.add(key);
      this.anchor = i;
    }
    this.move(i);
    this.draw();
  }

  move(i) {
    this.focus = Math.max(0, Math.min(this.items.length - 1, i));
    this.draw();
    this.items[this.focus].element.focus();
  }

  key(event) {
    const top = this.items[0]?.element.offsetTop;
    const columns = Math.max(1, this.items.filter((item) => item.element.offsetTop === top).length);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -this.items.length, End: this.items.length }[event.key];
    if (step) {
      this.move(this.focus + step);
      if (event.shiftKey) this.choose(this.focus, true);
    } else if (event.key === " ") this.choose(this.focus, event.shiftKey);
    else if (event.key === "Enter") this.enlarge(this.items[this.focus]);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.all();
    else if (event.key === "Escape") this.clear();
    else if (event.key === "Delete" && this.chosen.size) this.delete();
    else return;
    event.preventDefault();
  }

  all() {
    for (const item of this.items) this.chosen.add(item.key);
    this.draw();
  }

  clear() {
    this.chosen.clear();
    this.draw();
  }

  picked() { return this.items.filter((item) => this.chosen.has(item.key)); }

  // draw shows what is chosen, and what can be done with it.
  draw() {
    this.focus = Math.max(0, Math.min(this.focus, this.items.length - 1));
    this.items.forEach((item, i) => {
      set(item.element, "aria-selected", String(this.chosen.has(item.key)));
      set(item.element, "tabindex", i === this.focus ? "0" : "-1");
    });
    const n = this.chosen.size;
    this.bar.hidden = !this.items.length;
    say(this.count, n ? `${n} chosen:` : "Choose pictures: click or Space, with Shift a range.");
    const labels = this.lesson.classes.map((c) => c.label);
    const key = `${n > 0} ${n === 1} ${labels} ${this.view.key}`;
    if (this.drawn === key) return;
    this.drawn = key;
    if (!n) return this.actions.replaceChildren(button("Choose all", () => this.all()));
    this.actions.replaceChildren(...labels.filter((c) => c !== other).map((c) => button(c, () => this.label(c), "main")),
      this.words.other ? button("None of these", () => this.noneOfThese()) : "", button(this.words.fresh, () => this.newClass()), button("Delete", () => this.delete(), "danger"),
      el("details", {}, el("summary", {}, "More"), el("div", { class: "row" }, this.view.key !== "held" && button("Hold out", () => this.holdOut()),
        n === 1 && button("Enlarge", () => this.enlarge(this.picked()[0])), button("Choose none", () => this.clear()))));
  }

  // Doing.

  // act does a job with samples, and says what was done, with a way back if there is one.
  async act(samples, job, what, back) {
    const focused = this.bar.contains(document.activeElement) || this.doubts.contains(document.activeElement);
    this.done.replaceChildren();
    try {
      await job();
    } catch (error) {
      return this.fail(error);
    }
    this.said.hidden = true;
    this.clear();
    await this.changed();
    this.done.replaceChildren(el("span", {}, what), back ? button("Undo", () => this.act(samples, back, "Undone.")) : "");
    if (!focused) return;
    if (this.items.length) this.move(this.focus);
    else this.radios.find((r) => r.checked).focus();
  }

  // place moves what is chosen to where place says that a sample belongs.
  place(place, what) {
    const picked = this.picked(), samples = picked.flatMap((item) => item.samples), groups = new Map(), before = new Map();
    const note = (map, s, to) => map.set(JSON.stringify(to), [...map.get(JSON.stringify(to)) || [], s.id]);
    for (const s of samples) {
      note(groups, s, place(s));
      note(before, s, { shelf: s.shelf, class: s.class });
    }
    const move = (map) => async () => { for (const [to, ids] of map) await put(this.name, ids, JSON.parse(to)); };
    const alike = samples.length - picked.length;
    return this.act(samples, move(groups), `${plural(picked.length, "picture")}${alike ? ` and ${alike} alike` : ""} ${what}.`, move(before));
  }

  label(label) { return this.place(() => ({ shelf: this.view.key === "held" ? "held" : "pictures", class: label }), `now ${label}`); }

  async noneOfThese() {
    if (this.lesson.classes.some((c) => c.label === other) || await confirmOther()) this.label(other);
  }

  async newClass() {
    const label = await askClass(this.words.fresh, [], this.words);
    if (label) this.label(label);
  }

  async holdOut() {
    let label = "";
    if (this.picked().some((item) => !item.samples[0].class)) {
      label = await askClass("What do they show?", this.lesson.classes.map((c) => c.label), this.words);
      if (!label) return;
    }
    this.place((s) => ({ shelf: "held", class: s.class || label }), "held out: never taught, for tests");
  }

  async delete() {
    const picked = this.picked(), ids = picked.flatMap((item) => item.samples.map((s) => s.id));
    if (!await confirm("Delete pictures?", `${plural(ids.length, "picture")} cannot be brought back.`, "Delete")) return;
    this.act(picked, () => remove(this.name, ids), `${plural(ids.length, "picture")} deleted.`);
  }

  enlarge(item) {
    const [s] = item.samples;
    const facts = [s.class && `Taught as ${s.class}.`, s.answer && `Answered ${s.answer} ${percent(s.score)}.`, [s.camera, s.time && clockTime(s.time)].filter(Boolean).join(", ")];
    dialog("Picture", (done) => el("div", { class: "stack-small" }, el("img", { src: at(this.name, `/samples/${s.id}`), alt: "The picture, enlarged", class: "large" }),
      el("div", { class: "row apart" }, el("p", {}, facts.filter(Boolean).join(" ")), button("Close", () => done()))), true, "wide");
    announce(facts.filter(Boolean).join(" "));
  }
}
