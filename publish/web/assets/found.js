// What a model that is no classifier has found in a picture: drawn over it, and the same in words. Boxes, areas and bodies are in
// fractions of the upright frame.

import { el, named, percent, plural, pngOf } from "./app.js";

const hues = 7; // that the style sheet has

const surest = 0.2; // the score from which on a point of a body is drawn

// bones are the pairs of a body's points that hang together, in COCO's order: head, trunk, arms, legs.
export const bones = [
  [0, 1], [0, 2], [1, 3], [2, 4], [5, 6], [5, 11], [6, 12], [11, 12], [5, 7], [7, 9], [6, 8], [8, 10], [11, 13], [13, 15], [12, 14], [14, 16]];

const hueOf = (i) => `hue-${i % hues}`;

// whole is the part of a frame that a picture of all of it shows.
const whole = [0, 0, 1, 1];

// bitmapOf is the picture of which class is where; null: there is none.
export const bitmapOf = async (mask) => mask ? createImageBitmap(pngOf(mask.png)) : null;

// Found draws over a picture what was found in it.
export class Found {
  constructor() {
    this.mask = el("canvas", { class: "mask", hidden: true });
    this.svg = el("svg", { class: "over", viewBox: "0 0 1 1", preserveAspectRatio: "none" });
    this.tags = el("div", { class: "tags" });
    this.element = el("div", { class: "found", "aria-hidden": "true" }, this.mask, this.svg, this.tags); // list says it in words
  }

  clear() {
    this.mask.hidden = true;
    this.svg.replaceChildren();
    this.tags.replaceChildren();
  }

  // draw shows a result, with its mask and the bitmap of that, over a picture of a part of the upright frame.
  draw(result, mask, bitmap, part = whole) {
    this.part = part;
    this.svg.setAttribute("viewBox", part.join(" "));
    this.drawMask(mask, bitmap);
    const shapes = [], tags = [];
    for (const d of [...result.detections || []].reverse()) { // the best is on top
      shapes.push(...box(d));
      tags.push(this.above(d.box, hueOf(d.index), named(d), percent(d.score), said(d)));
    }
    (result.poses || []).forEach((p, i) => {
      shapes.push(...skeleton(p, hueOf(i)));
      tags.push(this.above(around(p), hueOf(i), percent(p.score)));
    });
    (result.segments || []).forEach((s, i) => {
      if (s.share >= 0.02) tags.push(this.amid(s.box, mask?.colours[i], named(s), percent(s.share)));
    });
    this.svg.replaceChildren(...shapes);
    this.tags.replaceChildren(...tags);
  }

  drawMask(mask, bitmap) {
    this.mask.hidden = !bitmap;
    if (!bitmap) return;
    Object.assign(this.mask, { width: bitmap.width, height: bitmap.height });
    this.mask.getContext("2d").drawImage(bitmap, 0, 0);
    const [x, y, width, height] = this.within(mask.box);
    Object.assign(this.mask.style, { left: inPercent(x), top: inPercent(y), width: inPercent(width), height: inPercent(height) });
  }

  // within is a box in fractions of what is shown.
  within([x, y, width, height]) {
    const [left, top, across, down] = this.part;
    return [(x - left) / across, (y - top) / down, width / across, height / down];
  }

  // above is a tag at the upper edge of a box, or inside where there is no room above it.
  above(at, hue, ...words) {
    const [x, y, width] = this.within(at);
    const tag = tagOf(words, hue);
    if (y < 0.07) tag.classList.add("inside");
    tag.style.top = inPercent(Math.max(0, y));
    if (x + width / 2 > 0.5) {
      tag.style.right = inPercent(Math.max(0, 1 - x - width));
      tag.style.maxWidth = inPercent(Math.min(widest, x + width));
    } else {
      tag.style.left = inPercent(Math.max(0, x));
      tag.style.maxWidth = inPercent(Math.min(widest, 1 - Math.max(0, x)));
    }
    return tag;
  }

  // amid is a tag in the middle of a box.
  amid(at, colour, ...words) {
    const [x, y, width, height] = this.within(at);
    const tag = tagOf(words, "amid");
    if (colour) tag.style.setProperty("--hue", colour);
    Object.assign(tag.style, { left: inPercent(x + width / 2), top: inPercent(y + height / 2) });
    return tag;
  }
}

const widest = 0.6; // a tag, of the picture

const inPercent = (share) => `${100 * share}%`;

const tagOf = (words, kind) => el("span", { class: `tag ${kind}` }, words.filter(Boolean).map((w) => el("bdi", {}, w)));

const box = ({ index, box: [x, y, width, height] }) => ["back", hueOf(index)].map((kind) => el("rect", { class: `line ${kind}`, x, y, width, height }));

// seen are the points of a body that are sure enough.
const seen = (pose) => pose.keypoints.filter(([, , score]) => score >= surest);

// skeleton draws the bones of a body, and its points.
function skeleton({ keypoints }, hue) {
  const sure = (i) => keypoints[i][2] >= surest;
  const line = ([x, y]) => `${x} ${y}`;
  const d = [...bones.filter(([a, b]) => sure(a) && sure(b)).map(([a, b]) => `M${line(keypoints[a])}L${line(keypoints[b])}`)].join("");
  const points = keypoints.filter((_, i) => sure(i)).map((k) => `M${line(k)}h0`).join("");
  return [["line back", d], [`line ${hue}`, d], ["line point back", points], [`line point ${hue}`, points]].map(([kind, path]) => el("path", { class: kind, d: path }));
}

// around is the box around what is seen of a body.
function around(pose) {
  const points = seen(pose);
  if (!points.length) return whole;
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  const x = Math.min(...xs), y = Math.min(...ys);
  return [x, y, Math.max(...xs) - x, Math.max(...ys) - y];
}

// said is what a second model says of a box, in words; empty: nothing.
function said({ identity, predictions }) {
  if (identity) return identity.label == null ? "nobody known" : `${named(identity)} ${percent(identity.score)}`;
  return predictions?.length ? `${named(predictions[0])} ${percent(predictions[0].score)}` : "";
}

// placeIn says in which part of a view the middle of a box is.
export function placeIn(view, [x, y, width, height]) {
  const r = view?.region.width ? view.region : { x: 0, y: 0, width: 1, height: 1 };
  const third = (at) => Math.min(Math.max(Math.floor(at * 3), 0), 2);
  const row = ["upper ", "", "lower "][third((y + height / 2 - r.y) / r.height)];
  return row + ["left", "middle", "right"][third((x + width / 2 - r.x) / r.width)];
}

// list says in words what a result has, for a camera with a view. Where it was said before in a list, that has the new words: who
// stands in it, or has scrolled down, stays there.
export function list(result, mask, view, before) {
  const rows = (found, make) => fill(before, (found || []).map(make));
  switch (result.task) {
    case "detect": return rows(result.detections, (d) => row(hueOf(d.index), null, named(d), percent(d.score), [said(d), placeIn(view, d.box)]));
    case "segment": return rows(result.segments, (s, i) => row("", mask?.colours[i], named(s), percent(s.share), [placeIn(view, s.box)]));
    case "pose": return rows(result.poses, (p, i) => row(hueOf(i), null, `body ${i + 1}`, percent(p.score),
      [`${plural(seen(p).length, "point")} of ${p.keypoints.length}`, placeIn(view, around(p))]));
    case "embed": return whoIs(result.identity);
  }
  return null;
}

// fill puts rows into the list before, or into a new one.
function fill(before, rows) {
  const finds = before?.matches(".finds") ? before : el("ul", { class: "finds", "aria-label": "Found in this picture", tabindex: "0" });
  finds.replaceChildren(...rows.length ? rows : [el("li", { class: "quiet" }, "Nothing found in this picture.")]);
  return finds;
}

function row(hue, colour, label, number, more) {
  const swatch = el("span", { class: `swatch ${hue}` });
  if (colour) swatch.style.setProperty("--hue", colour);
  return el("li", {}, swatch, el("span", {}, el("bdi", {}, label), " ", el("span", { class: "quiet small" }, el("bdi", {}, more.filter(Boolean).join(", ")))),
    el("span", { class: "number" }, number));
}

function whoIs(identity) {
  if (!identity) return el("p", { class: "quiet" }, "This model tells what looks alike. Nobody has been shown to it by name yet.");
  const near = `distance ${identity.distance.toFixed(2)}${identity.second ? `, to the next ${identity.second.toFixed(2)}` : ""}`;
  return identity.label == null ? el("p", {}, `Nobody that it knows: ${near}.`)
    : el("p", {}, el("strong", {}, el("bdi", {}, named(identity))), ` ${percent(identity.score)}: ${near}.`);
}
