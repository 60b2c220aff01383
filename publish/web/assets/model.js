// A model: its file, classes, engine, and an answer to a picture of one's own.

import { ask, bars, bytes, el, field, follow, named, percent, pngOf, say, sentence, set, show } from "./app.js";
import { apply, edited, outcome, problems, read, trouble } from "./config.js";

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
  const facts = [["File", m.file], ["SHA-256", m.sha256 && el("code", {}, m.sha256)], ["Input", m.width && `${m.width}x${m.height} pixels`],
    ["Engine", m.engine ? (m.engine === m.wanted ? m.engine : `${m.engine} (${m.wanted} wanted)`) : "none"], ["Why", m.reason],
    ["Memory", m.memory_bytes && bytes(m.memory_bytes)], ["Cameras", (m.cameras || []).join(", ") || "none"]].filter(([, what]) => what);
  return el("section", { class: "card pad stack-small", "aria-labelledby": `m-${m.name}` }, el("h2", { id: `m-${m.name}` }, m.name),
    (m.problems || []).map((p) => el("p", { class: "wrong" }, p)),
    el("dl", { class: "facts" }, facts.map(([term, what]) => [el("dt", {}, term), el("dd", {}, what)])),
    files.length > 0 && chooseFile(m, files, config),
    m.classes && m.classes.length > 0 && el("details", {}, el("summary", {}, `${m.classes.length} classes`), el("p", { class: "classes" }, m.classes.join(", "))));
}

// chooseFile takes another of the files that were found.
function chooseFile(m, files, config) {
  const choice = el("select", { id: `file-${m.name}` }, [...new Set([m.file, ...files])].map((f) => el("option", { value: f, selected: f === m.file }, f)));
  const said = el("div", { role: "status" });
  const button = el("button", { type: "button", disabled: !config.writable, onclick: async () => {
    button.disabled = true;
    try {
      const { text, problems: wrong } = await edited([{ key: `models.${m.name}.file`, value: choice.value }]);
      if (wrong.length) said.replaceChildren(problems(wrong));
      else {
        said.replaceChildren(el("p", { class: "good" }, outcome(await apply(text, config))));
        location.reload();
      }
    } catch (error) {
      said.replaceChildren(...trouble(error), ...(error.problems && error.problems.length ? [problems(error.problems)] : []));
    } finally {
      button.disabled = false;
    }
  } }, "Use this file");
  return el("div", { class: "stack-small" }, el("div", { class: "row mask-row" }, field("Files that were found", choice), button), said);
}

function tryPicture(m) {
  const file = el("input", { type: "file", accept: "image/jpeg,image/png", id: `try-${m.name}` });
  const said = el("p", { class: "wrong", role: "alert", hidden: true });
  const input = el("img", { class: "tensor", alt: "What the model gets to see", hidden: true });
  const answer = el("div", { role: "status", class: "stack-small" });
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    said.hidden = true;
    try {
      const a = await ask(`api/v1/models/${encodeURIComponent(m.name)}/test`, { method: "POST", body: file.files[0], type: file.files[0].type || "image/jpeg" });
      set(input, "width", a.width);
      set(input, "height", a.height);
      await show(input, { url: URL.createObjectURL(pngOf(a.input)) });
      input.hidden = false;
      const best = a.classes[0];
      answer.replaceChildren(el("p", { class: "answer" }, best ? `${named(best)} ${percent(best.score)}` : "No class above the threshold."), bars(a.classes));
    } catch (error) {
      say(said, sentence(error)).hidden = false;
    }
  });
  return el("section", { class: "card pad stack-small", "aria-labelledby": `t-${m.name}` }, el("h2", { id: `t-${m.name}` }, "Try a picture"),
    field("JPEG or PNG", file, "It is answered, and then forgotten."), said, input, answer);
}
