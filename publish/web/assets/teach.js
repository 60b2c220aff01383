// Teaching: names, and of each its pictures, trainings, and versions.

import { announce, ask, clockTime, confirm, el, field, follow, mark, percent, say, sentence } from "./app.js";
import { apply, edited, outcome, problems, read, trouble } from "./config.js";
import { at, button, end, list, picture, Samples, wordsOf } from "./samples.js";
import { Taking } from "./taking.js";

export async function start(content) {
  const query = new URLSearchParams(location.search), name = query.get("name");
  if (name === null) return showNames(content);
  document.querySelector("h1").textContent = `Teach ${name}`;
  const back = el("p", {}, el("a", { href: "teach" }, "‹ All that is taught"));
  try {
    const [lesson, { cameras }] = await Promise.all([ask(at(name)), ask("api/v1/live?pictures=0")]);
    const page = new Lesson(name, lesson, cameras.map((c) => c.name), query.get("camera"));
    content.append(back, page.element);
    await page.run();
  } catch (error) {
    if (error.status !== 404) throw error;
    content.replaceChildren(back, el("div", { class: "card empty" }, el("p", {}, `Nothing is taught by the name ${name}.`)));
  }
}

// right says how many pictures are answered right, and never without what that may mean.
function right({ accuracy: a }, { right: word } = wordsOf()) {
  return a.total ? `${percent(a.right / a.total)} of ${a.total} held-out pictures ${word} (${Math.round(100 * a.low)} to ${percent(a.high)})` : "how good it is cannot be told: of a class, all pictures are of one moment";
}

const counted = (classes) => classes.map((c) => `${c.label} ${c.pictures}`).join(", ");

const stages = { pictures: "looking at the pictures", head: "learning", folds: "trying it on pictures that are held out", model: "writing the model" };

// Names.

async function showNames(content) {
  const cards = el("ul", { class: "lessons" });
  const none = el("div", { class: "card empty", hidden: true }, el("p", {}, "Nothing is taught yet."),
    el("p", {}, "With some pictures of each class, 10 are good, a camera learns to tell apart what matters to you: a gate that is open or shut, whose cat that is. Nothing of it leaves this machine. Where people are in the pictures, ask them first."));
  const { cameras } = await ask("api/v1/live?pictures=0");
  const update = async () => {
    const { lessons } = await ask("api/v1/teach");
    none.hidden = lessons.length > 0;
    const key = JSON.stringify(lessons);
    if (cards.dataset.key === key) return;
    const focused = document.activeElement?.getAttribute("href");
    cards.dataset.key = key;
    cards.replaceChildren(...lessons.map(nameCard));
    if (focused && cards.querySelector(`[href="${focused}"]`)) cards.querySelector(`[href="${focused}"]`).focus();
  };
  await update();
  content.append(el("div", { class: "stack" }, cards, none, beginForm(cameras)));
  await follow(update, { pictures: false, pace: 2000 });
}

function nameCard(l) {
  const t = l.training, running = t && t.state === "running", words = wordsOf(l.kind);
  return el("li", { class: "card pad stack-small" }, el("h2", {}, el("a", { href: `teach?name=${encodeURIComponent(l.name)}` }, l.name)),
    l.problem && el("p", { class: "wrong" }, l.problem),
    el("p", {}, l.kind === "people" && "People: ", l.classes.length ? counted(l.classes) : "no pictures yet", l.inbox > 0 && `, ${l.inbox} wait for a label`),
    el("p", { class: "quiet" }, running ? `In training: ${stages[t.stage] || t.stage}.` : l.current ? `Now ${right(l.current, words)}.` : l.newest ? `Trained, not in use: ${right(l.newest, words)}.` : "Not trained yet."),
    el("p", { class: "quiet small" }, l.cameras.length ? `Used by ${l.cameras.join(", ")}.` : "No camera uses it."));
}

function beginForm(cameras) {
  if (!cameras.length) return el("div", { class: "card empty" }, el("p", {}, "No camera is set up, and what is taught builds on the model of one."), el("a", { class: "button main", href: "setup" }, "Find cameras"));
  const name = el("input", { id: "lesson-name", maxlength: 64, autocapitalize: "none", spellcheck: "false" });
  const camera = el("select", { id: "lesson-camera" }, cameras.map((c) => el("option", { value: c.name }, c.name)));
  return el("form", { class: "card pad stack-small", novalidate: true, "aria-labelledby": "h-begin", onsubmit: async (event) => {
    event.preventDefault();
    mark(name, "");
    try {
      await ask("api/v1/teach", { method: "POST", json: { name: name.value.trim(), camera: camera.value } });
      location.href = `teach?${new URLSearchParams({ name: name.value.trim(), camera: camera.value })}`;
    } catch (error) {
      mark(name, sentence(error));
      name.focus();
    }
  } }, el("h2", { id: "h-begin" }, "Teach something new"),
  el("div", { class: "fields" }, field("Name", name, "Such as gate: a to z, 0 to 9, - and _"), field("Camera", camera, "It builds on the model of this one, and looks where that looks. A model that compares faces is taught people")),
  el("div", { class: "row" }, el("button", { class: "main", type: "submit" }, "Begin")));
}

// One name.

class Lesson {
  // cameras are all, and camera is the one that the person came with, if there is one.
  constructor(name, lesson, cameras, camera) {
    Object.assign(this, { name, lesson, words: wordsOf(lesson.kind), kept: "", at: 0, camera: camera || lesson.base.camera || lesson.cameras[0] });
    this.samples = new Samples(name, () => this.nothing(), () => this.again());
    this.status = el("div", { class: "row" });
    this.problem = el("p", { class: "wrong", role: "alert", hidden: true });
    this.take = new Taking(this, cameras);
    this.trainButton = button("Train", () => this.train(), "main");
    this.cancelButton = button("Cancel", () => this.act(() => end(name, "/train")));
    this.flip = el("input", { type: "checkbox", id: "flip" });
    this.stage = el("p", { role: "status" });
    this.progress = el("progress", { "aria-label": "Training" });
    this.wrong = el("div", { class: "stack-small", role: "alert" });
    this.versions = el("div", { class: "stack-small" });
    this.tested = el("div", { class: "stack-small", role: "status" });
    this.testButton = button("Test", () => this.test());
    this.remove = el("div", { class: "stack-small" });
    this.element = el("div", { class: "set-up" },
      el("section", { class: "card pad stack-small", "aria-labelledby": "h-pictures" }, el("div", { class: "row apart" }, el("h2", { id: "h-pictures" }, "Pictures"), this.status),
        this.problem, this.samples.element),
      el("div", { class: "stack side" },
        el("section", { class: "card pad stack-small", "aria-labelledby": "h-train" }, el("h2", { id: "h-train" }, "Train"), this.versions, this.wrong, this.stage, this.progress,
          el("div", { class: "row" }, this.trainButton, this.cancelButton, this.testButton), this.tested,
          this.words.other && el("details", {}, el("summary", {}, "Options"), el("label", { class: "check" }, this.flip, "Left and right do not matter: learn pictures mirrored too"))),
        this.take.element,
        el("section", { class: "card pad" }, el("details", {}, el("summary", {}, "Forget, delete"), this.remove))));
  }

  async run() {
    await this.draw();
    await follow(async (news, cameras) => {
      await this.take.see(cameras);
      const busy = this.lesson.training?.state === "running" || this.lesson.taking?.running;
      if (performance.now() - this.at > (busy ? 800 : 4000)) await this.refresh();
    }, { watch: () => this.take.watched(), look: true, pace: 500 });
  }

  async refresh() {
    this.at = performance.now();
    this.lesson = await ask(at(this.name));
    await this.draw();
  }

  // act asks for a change, and shows what has become of it, or why not.
  async act(job, done) {
    this.wrong.replaceChildren();
    try {
      await job();
      if (done) announce(done);
    } catch (error) {
      this.wrong.replaceChildren(el("p", { class: "wrong" }, sentence(error)), ...(error.problems || []).map((p) => el("p", { class: "wrong" }, p.message)));
    }
    await this.again();
  }

  // again is refresh for who has done something; that nobody answers is told by who follows.
  again() { return this.refresh().catch(() => {}); }

  async draw() {
    const l = this.lesson;
    say(this.problem, l.problem || "").hidden = !l.problem;
    const status = [...l.classes.map((c) => `${c.label} ${c.pictures}${c.copies ? ` and ${c.copies} alike` : ""}`), l.more > 0 && l.classes.length > 0 && `${l.more} more would help`].filter(Boolean);
    if (this.status.dataset.key !== String(status)) {
      this.status.dataset.key = status;
      this.status.replaceChildren(...status.map((s) => el("span", { class: "chip" }, s)));
    }
    this.drawTraining();
    this.drawVersions();
    this.drawRemove();
    this.take.draw();
    await this.samples.update(l);
  }

  drawTraining() {
    const t = this.lesson.training || {}, running = t.state === "running";
    this.trainButton.hidden = running;
    this.cancelButton.hidden = this.progress.hidden = !running;
    this.testButton.hidden = running || !this.lesson.current;
    say(this.testButton, `Test on ${this.lesson.held} held out`);
    this.testButton.disabled = !this.lesson.held;
    if (running && t.total) Object.assign(this.progress, { max: t.total, value: t.done });
    else this.progress.removeAttribute("value");
    const stage = stages[t.stage] || t.stage || "";
    say(this.stage, { running: `Training: ${stage}…`, failed: "The training has failed.", cancelled: "The training was cancelled." }[t.state] || "");
    if (t.state !== this.was && this.was === "running" && t.state === "done") announce("Trained.");
    if (t.state === "failed" && this.was !== "failed") this.wrong.replaceChildren(...(t.reasons || []).map((r) => el("p", { class: "wrong" }, r)));
    this.was = t.state;
  }

  train() {
    this.tested.replaceChildren();
    return this.act(() => ask(at(this.name, "/train"), { method: "POST", json: { flip: this.flip.checked } }));
  }

  // Versions.

  drawVersions() {
    const { current, previous, newest, cameras, classes } = this.lesson;
    const key = JSON.stringify([current, previous, newest, cameras, this.kept, classes.length < this.words.least]);
    if (this.versions.dataset.key === key) return;
    this.versions.dataset.key = key;
    const fresh = newest && newest.id !== this.kept ? newest : null;
    this.trainButton.className = fresh ? "" : "main";
    const parts = [];
    if (!current && !fresh) parts.push(el("p", { class: "quiet" }, classes.length < this.words.least ? this.words.needs : "Not trained yet. That takes from some seconds to a few minutes, and the cameras go on."));
    if (current) parts.push(el("p", {}, el("strong", {}, "Now "), `${right(current, this.words)}.`), el("p", { class: "quiet small" }, `Trained ${clockTime(current.time, false)}${cameras.length ? `, used by ${cameras.join(", ")}` : ""}.`));
    if (fresh) parts.push(...this.offer(fresh, current));
    if ((fresh || current)?.accuracy.total) {
      parts.push(el("details", {}, el("summary", {}, "What these figures mean"), el("p", { class: "quiet" },
        `${this.words.how} Of all pictures like these, the share in brackets is answered right: the more pictures, the closer together its ends are.`)));
    }
    if (current && !cameras.length) parts.push(this.letUse());
    if (previous) parts.push(el("div", { class: "row apart" }, el("p", { class: "quiet" }, `Before: ${right(previous, this.words)}.`), button("Go back", () => this.act(() => ask(at(this.name, "/rollback"), { method: "POST", json: {} }), "The version from before is in use."))));
    this.versions.replaceChildren(...parts);
  }

  // offer shows a new version, with all that speaks against it, before somebody uses it.
  offer(v, current) {
    const mistakes = v.mistakes.slice(0, 4).map((m) => `${m.class} taken for ${m.answer}: ${m.count}`).join("; ");
    return [el("p", {}, el("strong", {}, "New "), `${right(v, this.words)}${mistakes ? `; ${mistakes}` : ""}.`),
      v.worse && el("p", { class: "wrong" }, `Worse than the one in use: ${v.worse}.`),
      ...v.warnings.map((w) => el("div", { class: "stack-small" }, el("p", { class: "care" }, w.text), this.row(w.pictures))),
      v.mistakes.some((m) => m.pictures.length) && this.mixedUp(v),
      el("div", { class: "row" }, button("Use new", () => this.use(v), "main"), current && button("Keep old", () => { this.kept = v.id; this.drawVersions(); this.trainButton.focus(); }))].filter(Boolean);
  }

  row(ids, alt = "") { return ids.length ? el("div", { class: "row" }, ids.slice(0, 4).map((id) => picture(this.name, id, alt))) : ""; }

  // mixedUp shows pictures that were taken for another class, beside pictures of that.
  mixedUp(v) {
    const box = el("div", { class: "stack-small" });
    return el("details", { ontoggle: async () => {
      if (box.firstChild) return;
      for (const m of v.mistakes.filter((x) => x.pictures.length).slice(0, 3)) {
        const like = await list(this.name, { shelf: "pictures", class: m.answer, limit: 2 }).catch(() => ({ samples: [] }));
        box.append(el("div", { class: "pair" }, el("figure", {}, this.row(m.pictures.slice(0, 2), m.class), el("figcaption", {}, `${m.class}, taken for ${m.answer}`)),
          el("figure", {}, this.row(like.samples.map((s) => s.id), m.answer), el("figcaption", {}, m.answer))));
      }
    } }, el("summary", {}, "What it mixes up"), box);
  }

  async use(v, force = false) {
    if (v.worse && !force) {
      if (!await confirm("It is worse", `${v.worse}. Use it nevertheless?`, "Use it")) return;
      force = true;
    }
    await this.act(async () => {
      try {
        await ask(at(this.name, "/use"), { method: "POST", json: { version: v.id, force }, wait: 130000 });
      } catch (error) {
        if (!error.data?.worse || !await confirm("It is worse", `${sentence(error)}. Use it nevertheless?`, "Use it")) throw error;
        await ask(at(this.name, "/use"), { method: "POST", json: { version: v.id, force: true }, wait: 130000 });
      }
    }, "The new version is in use.");
  }

  async test() {
    this.testButton.disabled = true;
    await this.act(async () => {
      const t = await ask(at(this.name, "/test"), { method: "POST", json: {}, wait: 130000 });
      this.tested.replaceChildren(el("p", {}, el("strong", {}, "Test: "), `${right(t, this.words)}.`),
        ...t.wrong.slice(0, 6).map((s) => el("figure", { class: "row" }, picture(this.name, s.id), el("figcaption", {}, `${s.class}, answered ${s.answer} ${percent(s.score)}`))));
    });
  }

  // Changes of the config file.

  // configure is a choice of a camera, if there is one, and a button that changes the config for it.
  configure(text, cameras, label, changes) {
    const choice = el("select", { "aria-label": "Camera", hidden: !cameras.length }, cameras.map((c) => el("option", { selected: c === this.camera }, c)));
    const said = el("div", { role: "status" });
    const go = button(label, async () => {
      go.disabled = true;
      try {
        const file = await read(), made = await edited(changes(choice.value, file.values));
        if (made.problems.length) said.replaceChildren(problems(made.problems));
        else {
          said.replaceChildren(el("p", { class: "good" }, outcome(await apply(made.text, file))));
          await this.again();
        }
      } catch (error) {
        said.replaceChildren(...trouble(error), ...(error.problems?.length ? [problems(error.problems)] : []));
      } finally {
        go.disabled = false;
      }
    });
    return el("div", { class: "stack-small configure" }, el("p", {}, text), el("div", { class: "row" }, choice, go), said);
  }

  letUse() {
    if (!this.words.other) {
      const { model } = this.lesson.base;
      return this.configure(`The model ${model} does not know them yet.`, [], `Let ${model} know them`, () => [{ key: `models.${model}.people`, value: this.name }]);
    }
    return this.configure("No camera uses it yet.", this.take.names, "Let it use this", (camera, { models = {} }) => {
      const file = `taught:${this.name}`, there = Object.keys(models).find((m) => models[m].file === file);
      const model = there || (models[this.name] ? `taught-${this.name}` : this.name);
      return [...there ? [] : [{ key: `models.${model}`, value: { file } }], { key: `cameras.${camera}.model`, value: model }];
    });
  }

  // nothing is what is said where no picture waits.
  nothing() {
    const { collect, classes } = this.lesson;
    return [el("p", {}, "No picture waits for a label."),
      el("p", {}, !classes.length && this.words.begin, el("a", { href: "#h-take" }, "Take pictures"), " with a camera, or bring files."),
      collect.length ? el("p", {}, `${collect.join(" and ")} ${collect.length > 1 ? "put" : "puts"} pictures here that the model is not sure of.`)
        : this.configure("Pictures come by themselves from a camera that collects those that its model is not sure of. None does.", this.take.names, "Let it collect",
          (camera) => [{ key: `cameras.${camera}.collect`, value: { what: "unsure", name: this.name } }])];
  }

  drawRemove() {
    const labels = this.lesson.classes.map((c) => c.label);
    if (this.remove.dataset.key === String(labels)) return;
    this.remove.dataset.key = labels;
    const choice = el("select", { id: "forget" }, labels.map((c) => el("option", {}, c)));
    this.remove.replaceChildren(labels.length ? el("div", { class: "stack-small" }, field(this.words.One, choice, "All pictures of it are deleted, and every version that was taught with them"),
      button(`Forget this ${this.words.one}`, async () => {
        if (await confirm(`Forget ${choice.value}?`, "Its pictures and all versions that were taught with them are deleted. That cannot be undone.", "Forget")) this.act(() => ask(at(this.name, "/forget"), { method: "POST", json: { class: choice.value }, wait: 130000 }));
      }, "danger")) : "", button(`Delete ${this.name}`, async () => {
      if (!await confirm(`Delete ${this.name}?`, "All its pictures and versions are deleted. That cannot be undone.", "Delete")) return;
      try {
        await ask(at(this.name), { method: "DELETE", wait: 130000 });
        location.href = "teach";
      } catch (error) {
        this.wrong.replaceChildren(el("p", { class: "wrong" }, sentence(error)));
      }
    }, "danger"));
  }
}
