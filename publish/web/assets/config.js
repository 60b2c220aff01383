// Changing the config file: what set-up and settings share.

import { ask, el, sentence, Failure } from "./app.js";

export const read = () => ask("api/v1/config");

// edited is the file's text with changes, and what is wrong with it: {text, problems}.
export const edited = (changes) => ask("api/v1/config/check", { method: "POST", json: { changes } });

export const checked = (text) => ask("api/v1/config/check", { method: "POST", json: { text } });

// apply puts text in force if the file is still the one that was read.
export const apply = (text, file) => ask("api/v1/config", { method: "PUT", json: { text }, headers: { "If-Match": `"${file.sha256}"` }, wait: 130000 });

export const undo = () => ask("api/v1/config/undo", { method: "POST", json: {}, wait: 130000 });

// outcome is what a change did, for people: "Applied. drive started, yard went on."
export function outcome(applied) {
  const parts = [
    list(applied.started, "started"), list(applied.stopped.filter((c) => !applied.started.includes(c)), "stopped"), list(applied.kept, "went on"),
  ].filter(Boolean);
  return `Applied. ${parts.length ? parts.join(", ") + "." : ""}`;
}

const list = (names, what) => names && names.length ? `${names.join(" and ")} ${what}` : "";

// trouble is what an error of apply means, in elements; again is called when the file is to be read anew.
export function trouble(error, again) {
  const parts = [el("p", { class: "wrong" }, sentence(error))];
  if (error instanceof Failure && error.status === 412) {
    parts.push(el("p", {}, "Somebody else has changed the file since it was read. Your changes are kept here until you read it again."));
    if (error.data.text) parts.push(el("details", {}, el("summary", {}, "What the file has now"), el("pre", { class: "code-box", tabindex: "0" }, error.data.text)));
    if (again) parts.push(el("button", { type: "button", onclick: again }, "Read the file again"));
  }
  return parts;
}

// problems lists what is wrong, each with a way to its place; go gets the problem.
export function problems(listed, go) {
  return el("ul", { class: "stack-small" }, listed.map((p) => {
    const text = [p.line ? `${p.line}: ` : "", p.key ? `${p.key}: ` : "", p.message].join("");
    return el("li", {}, go ? el("button", { type: "button", class: "plain problem", onclick: () => go(p) }, text) : el("p", { class: "wrong" }, text));
  }));
}

// unwritable says why the file cannot be changed here, with the text to copy.
export function unwritable(file, text) {
  return el("div", { class: "stack-small" },
    el("p", { class: "wrong" }, file.reason || `${file.path} may not be written by the daemon.`),
    text && el("label", { for: "to-copy" }, `What ${file.path} should have`),
    text && el("textarea", { id: "to-copy", class: "code", rows: 12, readonly: true }, text));
}
