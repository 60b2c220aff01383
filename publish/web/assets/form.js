// Fields for a section of the config file, under the names that its keys have there, each with what the documented file says of it.

import { el, field, mark } from "./app.js";

const titled = (key) => `${key.charAt(0).toUpperCase()}${key.slice(1).replaceAll("_", " ")}`;

// select is a choice among [value, text].
export const select = (options, attributes = {}) => el("select", attributes, options.map(([value, text]) => el("option", { value }, text)));

export const number = (attributes) => el("input", { type: "number", inputmode: "decimal", step: "any", ...attributes });

// A control holds a value: its input has the label, read and write are for the value, and before is what comes between the two.
const control = (input, read, write, before) => ({ input, read, write, before });

function ofWord(choices, id) {
  const input = select(choices.map((c) => [c, c || "none"]), { id });
  return control(input, () => input.value, (v) => { input.value = v; });
}

function ofSwitch(id) {
  const input = select([["true", "yes"], ["false", "no"]], { id });
  return control(input, () => input.value === "true", (v) => { input.value = String(v); });
}

function ofNumber(id, attributes) {
  const input = number({ id, ...attributes });
  return control(input, () => Number(input.value), (v) => { input.value = String(v); });
}

function ofText(id, attributes) {
  const input = el("input", { id, spellcheck: "false", autocapitalize: "none", ...attributes });
  return control(input, () => input.value.trim(), (v) => { input.value = v ?? ""; });
}

// ofWords is a list of words: one is added by typing it, with labels to choose from, and taken away by its button.
function ofWords(id, labels, changed) {
  let words = [];
  const chosen = el("ul", { class: "row" });
  const known = el("datalist", { id: `${id}-known` }, labels.map((l) => el("option", { value: l })));
  const input = el("input", { id, list: known.id, spellcheck: "false", autocapitalize: "none", placeholder: labels.length ? "add …" : "" });
  const draw = () => chosen.replaceChildren(...words.map((word) => el("li", {}, el("button", {
    type: "button", class: "word", "aria-label": `Take ${word} out`, onclick: () => {
      words = words.filter((w) => w !== word);
      draw();
      input.focus();
      changed();
    } }, el("bdi", {}, word), el("span", { "aria-hidden": "true" }, "✕")))));
  input.addEventListener("change", (event) => {
    event.stopPropagation(); // what is typed is no value yet
    const word = input.value.trim();
    if (!word) return mark(input, "");
    if (labels.length && !labels.includes(word) && !/^\d+$/.test(word)) return mark(input, `The model has no class ${word}.`);
    mark(input, "");
    input.value = "";
    if (!words.includes(word)) words = [...words, word];
    draw();
    changed();
  });
  return control(input, () => words, (v) => { words = (v || []).map(String); draw(); }, [chosen, known]);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// Section is the fields of a section of the config file.
export class Section {
  // path: of the section, with the name of its camera or model; saved: its values; rows: which keys it has, with attributes of their
  // inputs, a title, or choices; nil: all whose values fields can hold. labels are those of the model. changed is called after a change by hand.
  constructor(path, file, saved, { rows, labels = [], changed }) {
    Object.assign(this, { path, saved: structuredClone(saved), draft: structuredClone(saved) });
    const [kind, , ...below] = path.split(".");
    const keys = rows || Object.entries(saved).filter(([, v]) => ["string", "number", "boolean"].includes(typeof v)).map(([key]) => [key]);
    this.controls = new Map();
    this.elements = keys.map(([key, attributes]) => {
      const id = [...below, key].join("-"), value = saved[key], choices = attributes?.choices || file.choices?.[`${path}.${key}`];
      const edited = () => {
        this.draft[key] = c.read();
        mark(c.input, "");
        changed();
      };
      const c = choices ? ofWord(choices, id) : Array.isArray(value) ? ofWords(id, labels, edited)
        : typeof value === "boolean" ? ofSwitch(id) : typeof value === "number" ? ofNumber(id, attributes) : ofText(id, attributes);
      if (!c.before) c.input.addEventListener("change", edited);
      this.controls.set(key, c);
      const made = field(attributes?.title || titled(key), c.input, file.help?.[[kind, "*", ...below, key].join(".")]);
      if (c.before) {
        c.input.before(...c.before);
        made.classList.add("whole");
      }
      return made;
    });
    this.fill();
  }

  // fill puts the draft into the fields.
  fill() { for (const [key, c] of this.controls) c.write(this.draft[key]); }

  // changes are those of the keys that are to be others than saved.
  changes() {
    return [...this.controls.keys()].filter((key) => !same(this.draft[key], this.saved[key])).map((key) => ({ key: `${this.path}.${key}`, value: this.draft[key] }));
  }

  // inputOf is the input of a key of the file; undefined: it is not here.
  inputOf(key) { return key.startsWith(`${this.path}.`) ? this.controls.get(key.slice(this.path.length + 1))?.input : undefined; }
}
