// A model: its file, classes, engine, and an answer to a picture of one's own.

import { ask, bytes, el, field, follow, mark, say, sentence } from "./app.js";
import { apply, edited, outcome, problems, read, trouble } from "./config.js";
import { Section } from "./form.js";
import { Tried } from "./tried.js";

// tasks say what models are for.
const tasks = { classify: "says which class a picture shows", detect: "finds things, each in a box", segment: "says what each part of a picture shows", pose: "finds bodies, and how they stand", embed: "tells who or what looks alike" };

export async function start(content) {
  const wanted = new URLSearchParams(location.search).get("model");
  const [{ models, files }, config] = await Promise.all([ask("api/v1/models"), read()]);
  const listed = wanted ? models.filter((m) => m.name === wanted) : models;
  document.querySelector("h1").textContent = wanted ? `Model ${wanted}` : "Models";
  if (!listed.length) {
    content.append(el("div", { class: "card empty" }, el("p", {}, wanted ? `There is no model ${wanted}.` : "No model is set up."), el("a", { class: "button main", href: "settings" }, "Config file")));
    return;
  }
  content.append(el("div", { class: "stack" }, listed.map((m) => [about(m, files || [], config), tryPicture(m)])));
  follow(() => {}, { pictures: false, pace: 3000 });
}

function about(m, files, config) {
  const facts = [["File", m.file], ["SHA-256", m.sha256 && el("code", {}, m.sha256)], ["Task", m.task && `${m.task}${tasks[m.task] ? `: ${tasks[m.task]}` : ""}`], ["Input", m.width && `${m.width}x${m.height} pixels`],
    ["Engine", m.engine ? (m.engine === m.wanted ? m.engine : `${m.engine} (${m.wanted} wanted)`) : "none"], ["Why", m.reason],
    ["Memory", m.memory_bytes && bytes(m.memory_bytes)], ["Cameras", (m.cameras || []).join(", ") || "none"]].filter(([, what]) => what);
  return el("section", { class: "card pad stack-small", "aria-labelledby": `m-${m.name}` }, el("h2", { id: `m-${m.name}` }, m.name),
    (m.problems || []).map((p) => el("p", { class: "wrong" }, p)),
    el("dl", { class: "facts" }, facts.map(([term, what]) => [el("dt", {}, term), el("dd", {}, what)])),
    files.length > 0 && chooseFile(m, files, config), settings(m, config),
    m.classes && m.classes.length > 0 && el("details", {}, el("summary", {}, `${m.classes.length} classes`), el("p", { class: "classes" }, m.classes.join(", "))));
}

// change changes the config file, and shows the model anew; where it is refused, inputOf says at which input.
async function change(changes, config, said, inputOf = () => undefined) {
  try {
    const { text, problems: wrong } = await edited(changes);
    if (!wrong.length) {
      said.replaceChildren(el("p", { class: "good" }, outcome(await apply(text, config))));
      return location.reload();
    }
    refuse(wrong, said, inputOf);
  } catch (error) {
    said.replaceChildren(...trouble(error));
    if (error.problems?.length) refuse(error.problems, said, inputOf);
  }
}

function refuse(wrong, said, inputOf) {
  for (const p of wrong) {
    const input = inputOf(p.key || "");
    if (input) mark(input, p.message);
  }
  said.replaceChildren(problems(wrong));
}

// chooseFile takes another of the files that were found.
function chooseFile(m, files, config) {
  const choice = el("select", { id: `file-${m.name}` }, [...new Set([m.file, ...files])].map((f) => el("option", { value: f, selected: f === m.file }, f)));
  const said = el("div", { role: "status" });
  const button = el("button", { type: "button", disabled: !config.writable, onclick: async () => {
    button.disabled = true;
    await change([{ key: `models.${m.name}.file`, value: choice.value }], config, said);
    button.disabled = false;
  } }, "Use this file");
  return el("div", { class: "stack-small" }, el("div", { class: "row mask-row" }, field("Files that were found", choice), button), said);
}

// settings are the model's section of the config file: what it is for, how its answers are read, and what runs it.
function settings(m, config) {
  const values = config.values?.models?.[m.name];
  if (!values) return null;
  const said = el("div", { role: "status" });
  const { file, ...rest } = { task: values.task, decoder: values.decoder, labels: values.labels, ...values }; // the file is chosen above
  const section = new Section(`models.${m.name}`, config, rest, { changed: () => { button.disabled = !config.writable || !section.changes().length; } });
  const button = el("button", { type: "button", class: "main", disabled: true, onclick: async () => {
    button.disabled = true;
    await change(section.changes(), config, said, (key) => section.inputOf(key));
    button.disabled = false;
  } }, "Apply");
  return el("details", {}, el("summary", {}, "Settings"), el("div", { class: "stack-small" }, el("div", { class: "fields" }, section.elements), said, el("div", { class: "row end" }, button)));
}

function tryPicture(m) {
  const file = el("input", { type: "file", accept: "image/jpeg,image/png", id: `try-${m.name}` });
  const said = el("p", { class: "wrong", role: "alert", hidden: true });
  const tried = new Tried();
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    said.hidden = true;
    try {
      await tried.show(await ask(`api/v1/models/${encodeURIComponent(m.name)}/test`, { method: "POST", body: file.files[0], type: file.files[0].type || "image/jpeg" }));
    } catch (error) {
      say(said, sentence(error)).hidden = false;
    }
  });
  return el("section", { class: "card pad stack-small", "aria-labelledby": `t-${m.name}` }, el("h2", { id: `t-${m.name}` }, `Try a picture with ${m.name}`),
    field("JPEG or PNG", file, "It is answered, and then forgotten."), said, tried.element, tried.words);
}
