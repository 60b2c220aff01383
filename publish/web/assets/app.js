// What all pages share: building elements, asking the daemon, signing in, saying how things are. It starts the page whose
// name the address has.

const pages = [
  { name: "", title: "Overview", module: "overview" },
  { name: "events", title: "Events", module: "events" },
  { name: "teach", title: "Teach", module: "teach" },
  { name: "health", title: "Health", module: "health" },
  { name: "settings", title: "Settings", module: "settings" },
  { name: "setup", title: "Set up", module: "setup", below: "" },
  { name: "model", title: "Model", module: "model", below: "health" },
];

// Elements.

export const $ = (id) => document.getElementById(id);

const inSVG = new Set(["svg", "rect", "path", "polygon", "polyline", "circle", "line", "g"]);

// el makes an element. Attributes that begin with "on" listen; true is an empty attribute; false, null and undefined are none.
export function el(tag, attributes = {}, ...children) {
  const e = inSVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value != null) e.setAttribute(name, value);
  }
  e.append(...children.flat(3).filter((c) => c != null && c !== false));
  return e;
}

// say puts text into e, unless it is there: so that a reader of the screen hears of changes alone.
export function say(e, text) {
  if (e.textContent !== text) e.textContent = text;
  return e;
}

// set sets an attribute, or takes it away.
export function set(e, name, value) {
  if (value === false || value == null) e.removeAttribute(name);
  else if (e.getAttribute(name) !== String(value === true ? "" : value)) e.setAttribute(name, value === true ? "" : value);
}

// keep makes children those of e, in their order. Those that stay are not touched, so that the focus stays too.
export function keep(e, children) {
  for (const c of [...e.children]) if (!children.includes(c)) c.remove();
  children.forEach((c, i) => {
    if (e.children[i] !== c) e.insertBefore(c, e.children[i] || null);
  });
}

let fields = 0;

// field is a control with its label, a hint below, and room for what is wrong with it (mark).
export function field(label, control, hint) {
  const id = control.id || `field-${++fields}`;
  control.id = id;
  const wrong = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const about = hint && el("p", { class: "hint", id: `${id}-hint` }, hint);
  control.setAttribute("aria-describedby", `${id}-wrong` + (hint ? ` ${id}-hint` : ""));
  return el("div", { class: "field" }, el("label", { for: id }, label), control, wrong, about);
}

// mark says beside a control what is wrong with it; nothing: all is well.
export function mark(control, text) {
  const wrong = $(`${control.id}-wrong`);
  set(control, "aria-invalid", text ? "true" : null);
  if (!wrong) return;
  say(wrong, text || "");
  wrong.hidden = !text;
}

// Asking.

// Failure is an answer that is none. Its message is the daemon's own sentence.
export class Failure extends Error {
  constructor(status, data) {
    super(data.error || `The daemon answered ${status}.`);
    this.status = status;
    this.data = data;
    this.problems = data.problems || [];
  }
}

const url = (path) => new URL(path, document.baseURI);

async function fetchOnce(path, { method = "GET", json, body, type, headers = {}, wait = 20000, signal } = {}) {
  const init = { method, headers: { ...headers }, cache: "no-store", credentials: "same-origin" };
  const limit = AbortSignal.timeout(wait);
  init.signal = signal ? AbortSignal.any([signal, limit]) : limit;
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers["Content-Type"] = "application/json";
  } else if (body) {
    init.body = body;
    init.headers["Content-Type"] = type || body.type;
  }
  return fetch(url(path), init);
}

async function failureOf(response) {
  let data = {};
  try {
    data = await response.json();
  } catch {
    // no sentence came with it
  }
  return new Failure(response.status, data);
}

// ask asks the daemon, and has the person sign in where that is wanted. It returns the answer: a value if it is JSON, else the
// response. It throws a Failure, or TypeError if there was no answer.
export async function ask(path, options = {}) {
  for (;;) {
    const response = await fetchOnce(path, options);
    if (response.status === 401 && !options.unasked) {
      await signIn();
      continue;
    }
    if (!response.ok) throw await failureOf(response);
    if (response.status === 204) return null;
    return (response.headers.get("Content-Type") || "").startsWith("application/json") ? response.json() : response;
  }
}

// sentence is an error for people.
export function sentence(error) {
  if (error instanceof Failure) return error.message.charAt(0).toUpperCase() + error.message.slice(1);
  if (error.name === "TimeoutError") return "The daemon took too long to answer. Try again.";
  if (error instanceof TypeError) return "The daemon cannot be reached. Is it running?";
  return String(error.message || error);
}

// Signing in.

let signing = null;

// signIn shows the dialog until somebody has signed in. However many ask, there is one.
function signIn() {
  signing ||= showSignIn().finally(() => { signing = null; });
  return signing;
}

const codeForm = /^#?([0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4})$/;

// useLink signs in with the code in the address, and takes it from there.
async function useLink() {
  const found = codeForm.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const answer = await ask("session", { method: "POST", json: { code: found[1] }, unasked: true });
    if (answer && answer.password === "wanted") await showPassword(true);
  } catch (error) {
    linkTrouble = `${sentence(error)} A link works once: get a new one.`;
  }
}

let linkTrouble = "";

async function showSignIn() {
  const session = await ask("session", { unasked: true });
  if (session.password === "wanted" && session.signed_in) return showPassword(true);
  const byPassword = session.password === "set";
  const password = el("input", { type: "password", id: "sign-password", autocomplete: "current-password" });
  const code = el("input", { id: "sign-code", autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false", placeholder: "K7QM-2RTD-9X4C" });
  const trouble = el("p", { class: "wrong", role: "alert", hidden: !linkTrouble }, linkTrouble);
  linkTrouble = "";
  const codePart = [
    field("Code of a link", code),
    el("p", { class: "hint quiet small" }, "On the machine, ", el("code", {}, "sudo inceptiond web link"), " shows one. ",
      el("code", {}, "inceptiond run"), " on a terminal prints it."),
  ];
  const button = el("button", { class: "main", type: "submit" }, "Sign in");
  return dialog("Sign in", (done) => el("form", {
    class: "stack", novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      trouble.hidden = true;
      button.disabled = true;
      const json = byPassword && password.value ? { password: password.value } : { code: code.value };
      try {
        const answer = await ask("session", { method: "POST", json, unasked: true });
        if (answer && answer.password === "wanted") await showPassword(true);
        done();
      } catch (error) {
        say(trouble, sentence(error)).hidden = false;
        (json.password ? password : code).focus();
      } finally {
        button.disabled = false;
      }
    },
  },
  el("p", { class: "quiet" }, session.device ? `${session.device} shows its cameras to people it knows.` : "This machine shows its cameras to people it knows."),
  trouble,
  byPassword ? [field("Password", password), el("details", {}, el("summary", {}, "Sign in with a link instead"), el("div", { class: "stack-small" }, codePart))] : codePart,
  el("div", { class: "row end" }, button)));
}

// showPassword asks for a new password; wanted: nothing goes before there is one.
export function showPassword(wanted, old) {
  const fresh = el("input", { type: "password", id: "new-password", autocomplete: "new-password" });
  const current = old && el("input", { type: "password", id: "old-password", autocomplete: "current-password" });
  const button = el("button", { class: "main", type: "submit" }, "Set password");
  return dialog(wanted ? "Choose a password" : "Change the password", (done) => el("form", {
    class: "stack", novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      mark(fresh, "");
      button.disabled = true;
      try {
        const json = { password: fresh.value };
        if (current) json.old = current.value;
        await ask("api/v1/password", { method: "PUT", json, unasked: true });
        done(true);
      } catch (error) {
        mark(fresh, sentence(error));
        fresh.focus();
      } finally {
        button.disabled = false;
      }
    },
  },
  wanted && el("p", {}, "This page can be reached from other machines, so it needs a password before anything else."),
  current && field("Old password", current),
  field("New password", fresh, "12 characters or more. A few words are good."),
  el("div", { class: "row end" }, !wanted && el("button", { type: "button", onclick: () => done(false) }, "Cancel"), button)), !wanted);
}

// dialog shows a form over the page until it calls done. Only one that may be left closes by the Escape key.
export function dialog(title, form, leave = false, kind = "") {
  return new Promise((resolve) => {
    const id = `dialog-${++fields}`;
    const box = el("dialog", { "aria-labelledby": id, class: kind || null });
    const done = (value) => {
      box.close();
      box.remove();
      resolve(value);
    };
    box.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (leave) done(undefined);
    });
    box.append(el("div", { class: "stack" }, el("h2", { id }, title), form(done)));
    document.body.append(box);
    box.showModal();
    const first = box.querySelector("input, select, textarea");
    if (first) first.focus();
  });
}

// confirm asks before something that cannot be taken back.
export const confirm = (title, text, yes) => dialog(title, (done) => el("div", { class: "stack" },
  el("p", {}, text),
  el("div", { class: "row end" }, el("button", { type: "button", onclick: () => done(false) }, "Cancel"),
    el("button", { type: "button", class: "danger", onclick: () => done(true) }, yes))), true);

// Words.

let ahead = 0; // ms that our clock is ahead of the daemon's

export const noteTime = (text) => { ahead = Date.now() - Date.parse(text); };

// age is how many seconds ago a time of the daemon was.
export const age = (text) => Math.max(0, (Date.now() - ahead - Date.parse(text)) / 1000);

export function ago(text) {
  const s = age(text);
  if (s < 9.95) return `${s.toFixed(1)} s ago`;
  if (s < 120) return `${Math.round(s)} s ago`;
  return s < 7200 ? `${Math.round(s / 60)} min ago` : `${Math.round(s / 3600)} h ago`;
}

// clockTime is a time of the daemon in the browser's zone: of today the time alone.
export function clockTime(text, seconds = true) {
  const t = new Date(text);
  const time = t.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hour12: false });
  return t.toDateString() === new Date().toDateString() ? time : `${t.toLocaleDateString([], { day: "numeric", month: "short" })} ${time}`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;
export const bytes = (n) => n < 1024 ? `${n} B` : n < 1 << 20 ? `${(n / 1024).toFixed(1)} KiB` : n < 1 << 30 ? `${(n / (1 << 20)).toFixed(1)} MiB` : `${(n / (1 << 30)).toFixed(1)} GiB`;
export const rate = (n) => `${n < 10 ? n.toFixed(1) : Math.round(n)} answers/s`;
export const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

// duration is a number of seconds for people.
export function duration(s) {
  const days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24, minutes = Math.floor(s / 60) % 60;
  if (days) return `${plural(days, "day")} ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(s % 60)} s` : `${Math.floor(s)} s`;
}

// eventOf is what happened, of an entry of a list: of a picture on the disk no more is known than its name tells.
export const eventOf = (entry) => entry.event || { ...entry.kept, kind: "kept" };

// eventText is what happened, in a sentence: "drive: dog, before: none".
export function eventText(e) {
  const was = e.previous == null ? "none" : e.previous || "no name";
  const is = e.value == null ? "none" : e.value || "no name";
  switch (e.kind) {
    case "camera": return e.reason ? `${is}: ${e.reason}` : is;
    case "engine": return `answered by ${e.value || "nothing"}` + (e.reason ? `: ${e.reason}` : "");
    case "kept": return (e.label || "picture that was asked for") + (e.clock_synced ? "" : " (clock not set)");
    case "different": return (e.value ? "looks different" : "looks as usual") + (e.reason ? ` (${e.reason})` : "");
    case "count": return `${e.label}: ${is}` + (e.previous == null ? "" : `, before: ${was}`) + (e.reason ? ` (${e.reason})` : "");
    case "label": return `top class ${is}, before: ${was}`;
  }
  return `${is}, before: ${was}` + (e.reason ? ` (${e.reason})` : "");
}

let lastAnnounced = 0, waiting = null;

// announce says text to who hears the screen: the newest, once in 5 s.
export function announce(text) {
  const begun = waiting !== null;
  waiting = text;
  if (begun) return;
  setTimeout(() => {
    lastAnnounced = Date.now();
    $("announcer").textContent = waiting;
    waiting = null;
  }, Math.max(0, lastAnnounced + 5000 - Date.now()));
}

const maxName = 80; // letters of a label that are shown

// named is what to call a class: by its label, which may be anything, or else by its number.
export function named({ label, index }) {
  if (!label?.trim()) return index == null ? "no name" : `class ${index}`;
  return label.length > maxName ? `${label.slice(0, maxName)}…` : label;
}

// bars lists classes and how sure they are.
export function bars(predictions) {
  const most = Math.max(1, ...predictions.map((p) => Math.abs(p.score)));
  return el("ul", { class: "bars" }, predictions.map((p, i) => el("li", { class: i === 0 ? "best" : null },
    el("span", {}, el("bdi", {}, named(p))),
    el("span", { class: "number" }, most > 1 ? p.score.toFixed(2) : percent(p.score)),
    el("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      el("rect", { width: (100 * Math.max(0, p.score)) / most, height: 10 })))));
}

// pictureOf fetches a picture: {url, sequence, width, height}. Its address has to be revoked.
export async function pictureOf(path, options) {
  const response = await ask(path, options);
  const address = URL.createObjectURL(await response.blob());
  return { url: address, sequence: Number(response.headers.get("Inceptiond-Sequence") || 0) };
}

// pngOf is a PNG that came as base64.
export const pngOf = (text) => new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type: "image/png" });

// show puts a picture into an img when it is decoded, so that nothing flickers, and forgets the one before.
export async function show(img, picture) {
  const before = img.src;
  img.src = picture.url;
  try {
    await img.decode();
  } finally {
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  }
}

// Following.

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const visible = () => document.hidden
  ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })).then(visible)
  : Promise.resolve();

// follow pulls what has changed, 5 times a second at most and not while nobody sees the page, and has draw show it before it
// pulls again. pictures: the cameras are watched, or those alone that watch lists. It ends when stop aborts.
export async function follow(draw, { pictures = true, watch, look = false, pace = 200, stop } = {}) {
  const cameras = new Map();
  let cursor = "", pause = 1000, since = null;
  while (!(stop && stop.aborted)) {
    await visible();
    const began = performance.now();
    try {
      const query = new URLSearchParams({ after: cursor });
      const watched = watch && watch();
      if (!pictures || watched && !watched.length) query.set("pictures", "0");
      for (const name of watched || []) query.append("camera", name);
      if (look) query.set("look", "1");
      const news = await ask(`api/v1/live?${query}`, { wait: 8000, signal: stop });
      noteTime(news.time);
      cursor = news.cursor;
      merge(cameras, news);
      showHealth(news);
      if (since) since = quiet("");
      pause = 1000;
      await draw(news, cameras);
    } catch (error) {
      if (stop && stop.aborted) return;
      if (error instanceof Failure && error.status === 503) quiet(sentence(error));
      else if (error instanceof Failure && error.status < 500) throw error;
      else {
        since ||= new Date();
        quiet(`No answer since ${clockTime(since)}. Trying again.`);
      }
      await sleep(pause);
      pause = Math.min(15000, pause * 2);
    }
    await sleep(Math.max(0, pace - (performance.now() - began)));
  }
}

function quiet(text) {
  say($("notice"), text).hidden = !text;
  return null;
}

// merge lays what has changed over what is known of each camera.
function merge(cameras, news) {
  const gone = news.all ? [...cameras.keys()].filter((name) => !news.cameras.some((c) => c.name === name)) : news.gone || [];
  for (const name of gone) cameras.delete(name);
  for (const c of news.cameras) cameras.set(c.name, { ...cameras.get(c.name), ...c });
}

function showHealth(news) {
  const health = $("health");
  say(health, news.line);
  health.className = `health ${news.well ? "well" : "ill"}`;
  say($("device"), news.device);
  document.title = `${current.title} · ${news.device}`;
  const teach = document.querySelector("#pages a[href='teach']");
  if (teach) teach.parentElement.hidden = !news.teach;
}

// Starting.

const here = location.pathname.slice(location.pathname.lastIndexOf("/") + 1);
const current = pages.find((p) => p.name === here) || pages[0];

function navigation() {
  const marked = current.below ?? current.name;
  return el("ul", {}, pages.filter((p) => p.below === undefined).map((p) => el("li", {},
    el("a", { href: p.name || "./", "aria-current": p.name === marked ? "page" : null }, p.title))));
}

// introduce says whose page it is, before there is anything to aim at, which the name would move.
async function introduce() {
  try {
    say($("device"), (await ask("session", { unasked: true, wait: 2000 })).device || "inceptiond");
  } catch {
    // whoever is asked next says what is wrong
  }
}

async function start() {
  say($("title"), current.title);
  const module = import(`./${current.module}.js`);
  await introduce();
  await useLink(); // before anybody can go to another page, where the code is not known
  $("pages").append(navigation());
  try {
    const session = await ask("session", { unasked: true });
    if (!session.signed_in || session.password === "wanted") await signIn();
    await (await module).start($("content"));
  } catch (error) {
    $("content").replaceChildren(el("div", { class: "card empty" }, el("p", {}, sentence(error)),
      el("button", { type: "button", onclick: () => location.reload() }, "Try again")));
    console.warn(error);
  }
}

window.addEventListener("hashchange", async () => {
  if (!codeForm.test(location.hash)) return;
  await useLink();
  location.reload();
});
start();
