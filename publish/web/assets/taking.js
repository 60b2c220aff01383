// Where pictures to teach with come from: a camera, or files.

import { ask, bytes, clockTime, el, field, keep, named, percent, pictureOf, plural, say, sentence, set, show } from "./app.js";
import { Found } from "./found.js";
import { regionOverlay } from "./overview.js";
import { askClass, at, button, confirmOther, end, other, wordsOf } from "./samples.js";

const mostObjects = 6; // of a picture that are offered

// Taking is the part of a lesson's page that takes them. What the camera sees is shown while somebody sees it.
export class Taking {
  constructor(lesson, names) {
    Object.assign(this, { lesson, names: [], words: wordsOf(lesson.lesson.kind), detects: false });
    this.camera = el("select", { id: "take-camera", onchange: () => { this.shown = 0; } });
    this.list(names);
    this.into = el("select", { id: "take-into", onchange: () => this.chosen() });
    this.image = el("img", { alt: "What the camera sees now", width: 640, height: 480, hidden: true });
    this.over = el("svg", { class: "over", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.found = new Found();
    this.objects = el("div", { class: "row" });
    this.veil = el("p", { class: "quiet" }, "Waiting for the first picture");
    this.said = el("p", { role: "status" });
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    this.one = button("Take a picture", () => this.take(1));
    this.ten = button("Take 10, one every 2 s", () => this.take(10));
    this.stop = button("Stop", () => this.act(() => end(lesson.name, "/take")));
    this.files = el("input", { type: "file", id: "take-files", accept: "image/jpeg,image/png", multiple: true, onchange: () => this.bring() });
    this.element = el("section", { class: "card pad stack-small", "aria-labelledby": "h-take" }, el("h2", { id: "h-take" }, "Take pictures"),
      el("div", { class: "fields narrow" }, field("Of", this.camera), field("Into", this.into)),
      el("div", { class: "row" }, this.one, this.ten, this.stop), this.objects, this.said, this.wrong,
      el("figure", { class: "picture" }, el("div", { class: "shot" }, this.image, this.found.element, this.over)), this.veil,
      el("p", { class: "quiet small" }, "Of one camera, pictures within a minute count as one: take more later, in another light."), field("Or bring files", this.files, "JPEG or PNG, taken whole"));
  }

  // watched are the cameras whose picture is wanted: none while nobody sees it.
  watched() {
    const box = this.element.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && this.camera.value ? [this.camera.value] : [];
  }

  // list takes the cameras that there are.
  list(names) {
    if (names.join() === this.names.join()) return;
    const chosen = this.camera.value || this.lesson.camera;
    this.names = names;
    this.camera.replaceChildren(...names.map((c) => el("option", { selected: c === chosen }, c)));
  }

  // see shows what the camera sees.
  async see(cameras) {
    this.list([...cameras.keys()].sort());
    const c = cameras.get(this.camera.value), p = c && c.picture;
    const away = c?.status && c.status.state !== "online";
    say(this.veil, away ? `${c.name} is ${c.status.state}${c.status.reason ? `: ${c.status.reason}` : ""}` : p ? "" : "Waiting for the first picture");
    if (!p || p.sequence === this.shown) return;
    this.shown = p.sequence;
    try {
      set(this.image, "width", p.width);
      set(this.image, "height", p.height);
      await show(this.image, await pictureOf(`api/v1/cameras/${encodeURIComponent(p.camera)}/picture.jpg?sequence=${p.sequence}`));
      this.image.hidden = false;
      this.over.replaceChildren(...regionOverlay(c.view) || []);
      this.offer(c);
    } catch {
      // the next one comes soon
    }
  }

  // offer has a button for each object that the camera's model has found, which takes what is in its box. The buttons stay, so that
  // the focus does.
  offer({ task, result }) {
    if (this.detects !== (task === "detect")) {
      this.detects = !this.detects;
      this.draw();
    }
    const list = this.detects && result ? result.detections.slice(0, mostObjects) : [];
    if (result && this.detects) this.found.draw({ ...result, detections: list });
    else this.found.clear();
    keep(this.objects, list.map((d, i) => {
      const b = this.objects.children[i] || button("", () => this.takeObject(b.box), "main");
      b.box = d.box;
      return say(b, `Take the ${named(d)}, ${percent(d.score)}`);
    }));
  }

  takeObject(box) {
    return this.act(async () => {
      const { fresh } = await ask(at(this.lesson.name, "/samples"), { method: "POST", json: { camera: this.camera.value, box, to: this.place() } });
      this.tell(fresh);
    });
  }

  tell(fresh) { say(this.said, fresh ? `Taken into ${this.into.selectedOptions[0].text} at ${clockTime(new Date())}.` : "That very picture is there already."); }

  draw() {
    const { classes, taking } = this.lesson.lesson, labels = classes.map((c) => c.label);
    if (this.key !== String(labels)) {
      this.key = String(labels);
      const chosen = this.into.value;
      this.options([...labels, ...this.extra && !labels.includes(this.extra) ? [this.extra] : []], chosen);
    }
    const running = Boolean(taking?.running);
    this.one.hidden = this.ten.hidden = running || this.detects; // of all that a detector sees nothing is learned
    this.stop.hidden = !running;
    if (taking?.count > 1 && (running || this.began)) say(this.said, `${taking.done} of ${taking.count} taken${taking.problem ? `: ${taking.problem}` : running ? "…" : "."}`);
    this.began = running;
  }

  options(labels, chosen) {
    const options = [["", "waiting for a label"], ...labels.map((c) => [c, c]), ...!this.words.other || labels.includes(other) ? [] : [[`+${other}`, "none of these"]], ["+", `a ${this.words.fresh.toLowerCase()} …`]];
    this.into.replaceChildren(...options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
  }

  // chosen has a class named that is not there yet.
  async chosen() {
    const value = this.into.value;
    if (!value.startsWith("+")) return;
    const label = value === "+" ? await askClass(this.words.fresh, [], this.words) : await confirmOther() ? other : "";
    this.extra = label || this.extra;
    const labels = this.lesson.lesson.classes.map((c) => c.label);
    this.options([...labels, ...label && !labels.includes(label) ? [label] : []], label || "");
    this.into.focus();
  }

  place() { return this.into.value ? { shelf: "pictures", class: this.into.value } : { shelf: "inbox" }; }

  async act(job) {
    this.wrong.hidden = true;
    try {
      await job();
    } catch (error) {
      say(this.wrong, sentence(error)).hidden = false;
    }
    await this.lesson.again();
  }

  take(count) {
    say(this.said, "");
    return this.act(async () => {
      const { fresh } = await ask(at(this.lesson.name, "/take"), { method: "POST", json: { camera: this.camera.value, count, ...count > 1 ? { every_s: 2 } : {}, to: this.place() } });
      if (count === 1) this.tell(fresh);
    });
  }

  async bring() {
    const files = [...this.files.files], place = this.place();
    let fresh = 0, known = 0;
    await this.act(async () => {
      for (const file of files) {
        say(this.said, `${fresh + known} of ${files.length} …`);
        try {
          const added = await ask(at(this.lesson.name, `/samples?${new URLSearchParams(place)}`), { method: "POST", body: file, type: file.type || "image/jpeg" });
          if (added.fresh) fresh++;
          else known++;
        } catch (error) {
          error.message = `${file.name} (${bytes(file.size)}): ${sentence(error)}`;
          throw error;
        }
      }
    });
    say(this.said, `${plural(fresh, "picture")} taken${known ? `, ${known} there already` : ""}.`);
    this.files.value = "";
  }
}
