// How all is: what doctor finds, what the cameras and models do, where messages wait, what is written.

import { announce, ask, bytes, clockTime, duration, el, follow, percent, plural, say, sentence, sleep } from "./app.js";
import { Bundle } from "./bundle.js";

const states = { fault: ["bad", "fault"], warning: ["care", "warning"], note: ["", "note"], ok: ["good", "ok"] };

export async function start(content) {
  const doctor = new Doctor(), bundle = new Bundle();
  const figures = el("div", { class: "stack" });
  content.append(el("div", { class: "stack" }, doctor.element, figures, bundle.element));
  doctor.look();
  bundle.look(false);
  follow(() => {}, { pictures: false, pace: 2000 });
  for (;;) {
    if (!document.hidden) await showFigures(figures);
    await sleep(2000);
  }
}

async function showFigures(figures) {
  let s, models;
  try {
    [s, { models }] = await Promise.all([ask("api/v1/status"), figures.models ? { models: figures.models } : ask("api/v1/models")]);
  } catch {
    return; // that nobody answers is said above
  }
  figures.models = models;
  const open = document.activeElement && figures.contains(document.activeElement);
  if (open) return; // who reads with the keyboard is not disturbed
  figures.replaceChildren(cameras(s), modelTable(s, models), el("div", { class: "two" }, broker(s), machine(s)));
}

const section = (id, title, ...inner) => el("section", { class: "card pad stack-small", "aria-labelledby": id }, el("h2", { id }, title), ...inner);

const table = (heads, rows) => el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, heads.map((h) => el("th", { scope: "col" }, h)))),
  el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((c, i) => el("td", { "data-head": heads[i], class: typeof c === "number" ? "number" : null }, c)))))));

const stateClass = { online: "good", lost: "bad", paused: "care", running: "good", fallback: "care", down: "bad" };
const state = (s, why) => el("div", {}, el("span", { class: `state ${stateClass[s] || ""}` }, s), why && el("p", { class: "quiet small" }, why));

function cameras(s) {
  return section("h-cameras", "Cameras", table(["Camera", "State", "Frames", "Answers", "Damaged", "Not answered", "Kept back"],
    s.cameras.map((c) => [el("a", { href: `setup?camera=${encodeURIComponent(c.name)}` }, c.name), state(c.state, c.reason), c.frames, c.results, c.bad, c.failed, c.gated])));
}

function modelTable(s, models) {
  const rows = s.models.map((m) => {
    const about = models.find((other) => other.name === m.name);
    return [el("a", { href: `model?model=${encodeURIComponent(m.name)}` }, m.name), state(m.state, about && about.reason), m.runs || "nothing", m.wanted, m.restarts];
  });
  return section("h-models", "Models", table(["Model", "State", "Runs on", "Wanted", "Restarts"], rows));
}

function broker(s) {
  const b = s.broker;
  const facts = b.off ? [["MQTT", "off"]] : [
    ["Broker", el("span", { class: `state ${b.connected ? "good" : "bad"}` }, b.connected ? "connected" : "away")],
    ...(b.address ? [["Address", b.address]] : []),
    ["Results waiting", String(b.waiting)], ["Results that fell out", String(b.dropped)],
    ["Events waiting", `${b.events}${b.held ? `, ${b.held} held` : ""}`], ["Events on the disk", bytes(b.spool_bytes || 0)],
  ];
  return section("h-broker", "Messages", factList(facts));
}

const factList = (list) => el("dl", { class: "facts" }, list.map(([term, what]) => [el("dt", {}, term), el("dd", {}, what)]));

function machine(s) {
  const m = s.machine || {}, list = [["Version", s.version], ["Runs since", `${duration(s.uptime_s)}`]];
  if (m.temperature != null) list.push(["Temperature", `${m.temperature.toFixed(1)} °C`]);
  if (m.low_voltage != null) list.push(["Supply", m.low_voltage ? "too low" : "good"]);
  if (m.throttled != null) list.push(["Slowed down", m.throttled ? "yes" : "no"]);
  if (m.duty != null) list.push(["Models may work", `${percent(m.duty)} of the time`]);
  for (const [what, n] of Object.entries(s.written || {}).sort()) list.push([`Written: ${what.replaceAll("_", " ")}`, bytes(n)]);
  if (s.viewers != null) list.push(["People with this page", String(s.viewers)]);
  for (const stall of s.stalls || []) list.unshift(["Stands still", el("span", { class: "state bad" }, `${stall.who}: ${stall.stage}`)]);
  return section("h-machine", "Machine", factList(list));
}

// Doctor runs `inceptiond doctor`, and shows what it finds as it comes.
class Doctor {
  constructor() {
    this.button = el("button", { type: "button", class: "main", onclick: () => this.run() }, "Check now");
    this.said = el("p", { class: "quiet", role: "status" }, "Looks at cameras, models, broker and machine, and says how to mend what is wrong. Takes up to a minute.");
    this.list = el("ul", { class: "findings" });
    this.element = el("section", { class: "card pad stack-small", "aria-labelledby": "h-doctor" },
      el("div", { class: "row apart" }, el("h2", { id: "h-doctor" }, "Doctor"), this.button), this.said, this.list,
      el("p", { class: "quiet small" }, "As the service's user it sees less than root: ", el("code", {}, "sudo inceptiond doctor"), " shows all."));
  }

  async run() {
    this.button.disabled = true;
    try {
      await ask("api/v1/doctor", { method: "POST", json: {} });
    } catch (error) {
      if (error.status !== 409) { // one is under way: look at that
        say(this.said, sentence(error));
        this.button.disabled = false;
        return;
      }
    }
    await this.look();
  }

  // look shows the last check, and follows one that is under way.
  async look() {
    for (;;) {
      let d;
      try {
        d = await ask("api/v1/doctor");
      } catch (error) {
        if (error.status !== 404) say(this.said, sentence(error));
        break;
      }
      this.draw(d);
      if (!d.running) break;
      this.button.disabled = true;
      await sleep(500);
    }
    this.button.disabled = false;
  }

  draw(d) {
    if (!d.started && !d.running) return;
    const count = (s) => (d.findings || []).filter((f) => f.state === s).length;
    const bad = [count("fault") && plural(count("fault"), "fault"), count("warning") && plural(count("warning"), "warning")].filter(Boolean).join(", ");
    const text = d.running ? "Checking …" : d.error ? d.error : `Checked at ${clockTime(d.started)}: ${bad || "all well"}.`;
    if (!d.running && this.said.textContent === "Checking …") announce(text);
    say(this.said, text);
    const order = Object.keys(states);
    const findings = [...(d.findings || [])].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    this.list.replaceChildren(...findings.map((f) => el("li", {},
      el("span", { class: `state ${states[f.state] ? states[f.state][0] : ""}` }, states[f.state] ? states[f.state][1] : f.state),
      el("div", {}, el("p", {}, el("strong", {}, `${f.area} ${f.check}: `), f.found), f.fix && el("p", { class: "quiet" }, f.fix)))));
  }
}
