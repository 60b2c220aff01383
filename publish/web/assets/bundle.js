// A bundle: one file with what another person needs to look into a fault.

import { announce, ask, bytes, clockTime, el, field, plural, say, sentence, sleep } from "./app.js";

// listing has the frames of a camera in one line.
function listing(files) {
  const list = [];
  for (const f of files) {
    const [, folder, frame] = /^(frames\/[^/]+\/)(.*)$/.exec(f.name) || [], last = list.at(-1);
    if (!folder || !last || last.folder !== folder) {
      list.push({ ...f, folder, n: 1, first: f.name });
      continue;
    }
    last.n++;
    last.bytes += f.bytes;
    last.name = `${last.first} … ${frame}`;
    last.about = `${last.n} frames, as the model's look saw them`;
  }
  return list;
}

export class Bundle {
  constructor() {
    this.frames = el("input", { type: "number", id: "bundle-frames", min: "0", max: "1000", step: "1", value: "0", inputmode: "numeric" });
    this.button = el("button", { type: "submit", class: "main" }, "Make a bundle");
    this.said = el("p", { class: "quiet", role: "status" }, "One file for whoever is to look into a fault: the config without secrets, the last lines of the log, "
      + "what the doctor finds, how all is and why. It goes nowhere by itself.");
    this.inside = el("div", { class: "stack-small" });
    this.element = el("section", { class: "card pad stack-small", "aria-labelledby": "h-bundle" }, el("h2", { id: "h-bundle" }, "Bundle"), this.said,
      el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); this.make(); } },
        field("Frames of each camera", this.frames, "With 0 nobody sees what your cameras see. More are masked as always."), this.button), this.inside);
  }

  async make() {
    this.button.disabled = true;
    try {
      await ask("api/v1/bundle", { method: "POST", json: { frames: Number(this.frames.value) || 0 } });
    } catch (error) {
      if (error.status !== 409) { // one is under way: look at that
        say(this.said, sentence(error));
        this.button.disabled = false;
        return;
      }
    }
    await this.look(true);
  }

  // look shows the last bundle, and follows one that is under way.
  async look(asked) {
    for (;;) {
      let b;
      try {
        b = await ask("api/v1/bundle");
      } catch (error) {
        if (asked) say(this.said, sentence(error));
        break;
      }
      this.draw(b, asked);
      if (!b.running) break;
      asked = this.button.disabled = true;
      await sleep(500);
    }
    this.button.disabled = false;
  }

  draw(b, asked) {
    if (b.running) {
      say(this.said, `Making a bundle: ${b.doing} …`);
      this.inside.replaceChildren();
      return;
    }
    if (b.error || !b.name) {
      if (b.error) say(this.said, sentence({ message: b.error }));
      this.inside.replaceChildren();
      return;
    }
    const text = `${plural(b.files.length, "file")}, ${bytes(b.bytes)}, until ${clockTime(b.until, false)}. Look at what is in it before you give it to anybody.`;
    say(this.said, text);
    if (asked) announce(text);
    const rows = listing(b.files).map((f) => el("tr", {}, el("td", { "data-head": "File" }, el("code", {}, f.name)),
      el("td", { "data-head": "Size", class: "number" }, bytes(f.bytes)), el("td", { "data-head": "What it is" }, f.about)));
    this.inside.replaceChildren(
      el("div", { class: "row" }, el("a", { class: "button main", href: "api/v1/bundle/file", download: b.name }, "Download"),
        el("button", { type: "button", onclick: () => this.forget() }, "Forget it")),
      el("details", { open: true }, el("summary", {}, "What is in it"), el("div", { class: "scroll" }, el("table", {},
        el("thead", {}, el("tr", {}, ["File", "Size", "What it is"].map((h) => el("th", { scope: "col" }, h)))), el("tbody", {}, rows)))),
      el("details", {}, el("summary", {}, "What is not"), el("ul", { class: "plain" }, b.left_out.map((why) => el("li", {}, why)))));
  }

  async forget() {
    try {
      await ask("api/v1/bundle", { method: "DELETE" });
    } catch (error) {
      say(this.said, sentence(error));
      return;
    }
    this.inside.replaceChildren();
    say(this.said, "The bundle is forgotten.");
    this.button.focus();
  }
}
