// Which cameras there are, and which can be added: found on this machine, on the network, or drawn.

import { ask, el, field, follow, mark, sentence } from "./app.js";
import { apply, edited, outcome, problems, read, trouble, unwritable } from "./config.js";

export async function chooseCamera(content) {
  const [file, models] = await Promise.all([read(), ask("api/v1/models")]);
  document.querySelector("h1").textContent = "Cameras";
  const found = el("div", { class: "stack-small" }, el("p", { class: "quiet", role: "status" }, "Looking for cameras …"));
  content.append(el("div", { class: "stack" }, present(file), adding(file, models.models, found)));
  search(found, file, models.models);
  follow(() => {}, { pictures: false, pace: 3000 });
}

// present lists the cameras of the config.
function present(file) {
  const names = Object.keys(file.values.cameras || {}).sort();
  return el("section", { class: "card camera", "aria-labelledby": "there" }, el("header", {}, el("h2", { id: "there" }, "Set up")),
    names.length ? el("ul", { class: "list" }, names.map((name) => el("li", {},
      el("a", { href: `setup?camera=${encodeURIComponent(name)}` }, name), el("p", { class: "quiet" }, about(file.values.cameras[name])))))
      : el("p", { class: "pad quiet" }, "No camera is set up."));
}

// about says what a camera is, in a few words.
function about(c) {
  const from = c[c.source] || {};
  const where = c.source === "view" ? `of ${from.of}` : from.device || from.url || (from.paths || []).join(", ") || "";
  return [c.source, where, `model ${c.model}`].filter(Boolean).join(", ");
}

function adding(file, models, found) {
  const kinds = [
    ["rtsp", "Network camera (RTSP)", (name) => form(name, file, models, "rtsp", [["url", "Address", "rtsp://camera.local/stream"], ["username", "User", ""], ["password_file", "File with the password", "A path on the machine"]])],
    ["http", "Network camera (HTTP)", (name) => form(name, file, models, "http", [["url", "Address", "http://camera.local/stream.mjpg"], ["username", "User", ""], ["password_file", "File with the password", "A path on the machine"]])],
    ["files", "Pictures on the disk", (name) => form(name, file, models, "files", [["paths", "Folder or files", "pictures"]])],
    ["view", "Another look at a camera", (name) => form(name, file, models, "view", [["of", "Camera", "drive"]])],
    ["demo", "Drawn scenes, to try things", (name) => form(name, file, models, "demo", [])],
  ];
  return el("section", { class: "card pad stack", "aria-labelledby": "more" }, el("h2", { id: "more" }, "Add a camera"),
    !file.writable && unwritable(file), el("h3", {}, "On this machine"), found, el("h3", {}, "Elsewhere"),
    el("div", { class: "stack-small" }, kinds.map(([kind, title, make]) => el("details", {}, el("summary", {}, title), make(freeName(file, kind))))));
}

// freeName is a name that no camera has yet.
function freeName(file, wanted) {
  const names = file.values.cameras || {};
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted}${i}`;
    if (!names[name]) return name;
  }
}

async function search(found, file, models) {
  try {
    const { devices } = await ask("api/v1/devices", { wait: 30000 });
    found.replaceChildren(...devices.length ? devices.map((d) => device(d, file, models))
      : [el("p", { class: "quiet" }, "No camera was found here. Plug in a webcam, or enable a Raspberry Pi camera, and look again.")],
    el("button", { type: "button", onclick: () => search(found, file, models) }, "Look again"));
  } catch (error) {
    found.replaceChildren(el("p", { class: "wrong" }, sentence(error)), el("button", { type: "button", onclick: () => search(found, file, models) }, "Look again"));
  }
}

function device(d, file, models) {
  const title = el("h4", {}, d.name, " ", el("span", { class: "quiet" }, d.path));
  const formats = d.formats && d.formats.length && el("p", { class: "quiet small" }, d.formats.slice(0, 8).join(", "), d.formats.length > 8 && " …");
  if (d.used) return el("div", { class: "device-found" }, title, formats, el("p", {}, "Used by ", el("a", { href: `setup?camera=${encodeURIComponent(d.used)}` }, d.used)));
  if (d.problem) return el("div", { class: "device-found" }, title, formats, el("p", { class: "wrong" }, d.problem));
  return el("div", { class: "device-found" }, title, formats, form(freeName(file, "camera"), file, models, d.source, [], d.config));
}

// form adds a camera of a kind. config is its section if that is known; else rows are fields: key, label, example.
function form(name, file, models, kind, rows, config) {
  const own = el("input", { value: name, spellcheck: "false", autocapitalize: "none", maxlength: 64 });
  const model = el("select", {}, models.map((m) => el("option", { value: m.name }, m.name)));
  const inputs = rows.map(([key, label, example]) => ({ key, label, input: el("input", { spellcheck: "false", autocapitalize: "none", placeholder: example }) }));
  const said = el("div", { role: "status" });
  const button = el("button", { class: "main", type: "submit", disabled: !file.writable }, "Add");
  return el("form", {
    class: "stack-small", novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      const section = config ? structuredClone(config) : { source: kind, [kind]: sectionOf(kind, inputs) };
      if (models.length) section.model = model.value;
      add({ own, inputs, said, button, kind }, section);
    },
  },
  el("div", { class: "fields" }, field("Name", own, "Letters, digits, - and _"), models.length > 0 && field("Model", model), inputs.map(({ label, input }) => field(label, input))),
  said, el("div", { class: "row" }, button));
}

function sectionOf(kind, inputs) {
  const section = {};
  for (const { key, input } of inputs) {
    const value = input.value.trim();
    if (key === "paths") section[key] = value ? value.split(/\s*,\s*/) : [];
    else if (value) section[key] = value;
  }
  return section;
}

async function add(f, section) {
  const name = f.own.value.trim();
  [f.own, ...f.inputs.map((i) => i.input)].forEach((input) => mark(input, ""));
  f.button.disabled = true;
  try {
    const file = await read();
    if ((file.values.cameras || {})[name]) {
      mark(f.own, `There is a camera ${name} already.`);
      return;
    }
    const { text, problems: wrong } = await edited([{ key: `cameras.${name}`, value: section }]);
    if (wrong.length) return refuse(f, name, wrong);
    f.said.replaceChildren(el("p", {}, "Starting it …"));
    f.said.replaceChildren(el("p", { class: "good" }, outcome(await apply(text, file))));
    location.href = `setup?camera=${encodeURIComponent(name)}`;
  } catch (error) {
    if (error.problems && error.problems.length) refuse(f, name, error.problems);
    else f.said.replaceChildren(...trouble(error));
  } finally {
    f.button.disabled = false;
  }
}

// refuse says beside each field what is wrong with it.
function refuse(f, name, wrong) {
  const rest = wrong.filter((p) => {
    const key = (p.key || "").replace(`cameras.${name}`, "").replace(/^\./, "");
    const hit = f.inputs.find((i) => key === `${f.kind}.${i.key}`);
    const input = hit ? hit.input : key === "" ? f.own : null;
    if (!input) return true;
    mark(input, p.message);
    input.focus();
    return false;
  });
  f.said.replaceChildren(problems(rest));
}
