// The answer to a picture that somebody tries: what the model got to see, with what it has found there, and the same in words.

import { bars, el, named, percent, pngOf, set, show } from "./app.js";
import { bitmapOf, Found, list } from "./found.js";

export class Tried {
  constructor() {
    this.input = el("img", { alt: "What the model gets to see", width: 224, height: 224, class: "tensor" });
    this.found = new Found();
    this.element = el("div", { class: "seen", hidden: true }, this.input, this.found.element);
    this.words = el("div", { class: "stack-small", role: "status" });
  }

  // show shows an answer, of a camera with a view if that is given.
  async show(answer, view) {
    const { found, mask, shows } = answer, classifies = found.task === "classify";
    const bitmap = await bitmapOf(mask);
    set(this.input, "width", answer.width);
    set(this.input, "height", answer.height);
    await show(this.input, { url: URL.createObjectURL(pngOf(answer.input)) });
    this.element.hidden = false;
    this.element.classList.toggle("enlarged", !classifies);
    this.found.draw(found, mask, bitmap, shows);
    const head = classifies ? headOf(answer.classes) : inShort(found);
    const why = answer.reason && (answer.why || !classifies) && `Why: ${answer.reason}`;
    this.words.replaceChildren(...[head && el("p", { class: "answer" }, el("bdi", {}, head)), list(found, mask, view) || bars(answer.classes),
      el("p", { class: "quiet small" }, `${answer.width}x${answer.height} pixels, ${answer.inference_ms.toFixed(1)} ms`), why && el("p", { class: "quiet small" }, why)].filter(Boolean));
  }
}

const headOf = ([best]) => best ? `${named(best)} ${percent(best.score)}` : "No class above the threshold.";

// inShort says how much was found; empty: the words below are short enough.
function inShort({ task, counts, poses }) {
  if (task === "pose") return poses.length === 1 ? "1 body" : `${poses.length} bodies`;
  return task === "detect" ? Object.entries(counts).map(([label, n]) => `${n} ${named({ label })}`).join(", ") : "";
}
