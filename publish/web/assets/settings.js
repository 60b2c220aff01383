// The config file, and who may see this page.

import { announce, ask, clockTime, confirm, dialog, el, field, follow, mark, plural, say, sentence, showPassword } from "./app.js";
import { apply, checked, outcome, problems, read, trouble, undo, unwritable } from "./config.js";

const checkAfter = 600; // ms after typing

// start shows all of it at once: what comes later would move what is there from under the pointer.
export async function start(content) {
  const access = new Access();
  follow(() => {}, { pictures: false, pace: 3000 });
  const [config] = await Promise.all([configFile(), access.load()]);
  content.append(el("div", { class: "stack" }, config, access.element));
}

async function configFile() {
  try {
    const editor = new Editor(await read());
    editor.fill();
    return editor.element;
  } catch (error) { // who may come in can be changed all the same
    return el("section", { class: "card pad stack-small" }, el("h2", {}, "Config file"), trouble(error));
  }
}

class Editor {
  constructor(file) {
    this.file = file;
    this.text = el("textarea", { id: "config-text", class: "code", rows: 24, wrap: "off", spellcheck: "false", autocapitalize: "none", autocomplete: "off",
      "aria-describedby": "config-problems", readonly: !file.writable, oninput: () => this.typed(), onscroll: () => { this.lines.scrollTop = this.text.scrollTop; } });
    this.lines = el("pre", { class: "lines", "aria-hidden": "true" });
    this.said = el("div", { class: "stack-small", role: "status" });
    this.list = el("div", { id: "config-problems" });
    this.undoButton = el("button", { type: "button", onclick: () => this.undo() }, "Undo the last Apply");
    this.applyButton = el("button", { type: "button", class: "main", onclick: () => this.apply() }, "Apply");
    this.where = el("p", { class: "quiet small" });
    this.element = el("section", { class: "card pad stack-small", "aria-labelledby": "h-config" }, el("h2", { id: "h-config" }, "Config file"), this.where,
      el("label", { for: "config-text", class: "unseen" }, "Text of the config file"),
      el("div", { class: "editor" }, this.lines, this.text), this.list, this.said,
      el("div", { class: "row end" }, this.undoButton, this.applyButton));
    window.addEventListener("beforeunload", (event) => { if (this.text.value !== this.file.text) event.preventDefault(); });
  }

  fill() {
    this.text.value = this.file.text;
    say(this.where, this.file.exists ? this.file.path : `There is no file yet. Apply makes ${this.file.path}.`);
    if (!this.file.writable) this.said.replaceChildren(unwritable(this.file));
    this.list.replaceChildren();
    this.number();
    this.update();
  }

  number() {
    const n = this.text.value.split("\n").length;
    if (this.numbered === n) return;
    this.numbered = n;
    this.lines.textContent = Array.from({ length: n }, (_, i) => i + 1).join("\n");
  }

  update() {
    const changed = this.text.value !== this.file.text;
    this.applyButton.disabled = this.busy || !this.file.writable || !(changed || !this.file.exists);
    this.undoButton.hidden = !this.file.undo;
    this.undoButton.disabled = this.busy;
    this.text.readOnly = this.busy || !this.file.writable;
  }

  // during has nothing else be changed until what is done now is over.
  async during(work) {
    this.busy = true;
    this.update();
    this.said.replaceChildren(el("p", {}, "Applying …"));
    try {
      await this.settle(outcome(await work()));
    } catch (error) {
      this.failed(error);
    } finally {
      this.busy = false;
      this.update();
    }
  }

  typed() {
    this.number();
    this.update();
    this.said.replaceChildren();
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.check(), checkAfter);
  }

  async check() {
    const text = this.text.value;
    try {
      const answer = await checked(text);
      if (text === this.text.value) this.showProblems(answer.problems);
    } catch (error) {
      if (text === this.text.value) this.said.replaceChildren(...trouble(error));
    }
  }

  showProblems(wrong) {
    this.text.setAttribute("aria-invalid", wrong.length > 0);
    this.list.replaceChildren(...wrong.length ? [el("p", { class: "wrong" }, `${plural(wrong.length, "problem")}:`), problems(wrong, (p) => this.go(p.line))] : []);
  }

  // go puts the cursor into a line.
  go(line) {
    const lines = this.text.value.split("\n");
    const from = lines.slice(0, Math.max(0, line - 1)).reduce((sum, l) => sum + l.length + 1, 0);
    this.text.focus();
    this.text.setSelectionRange(from, from + (lines[line - 1] || "").length);
    this.text.scrollTop = Math.max(0, (line - 4) * (this.text.scrollHeight / lines.length));
  }

  apply() { return this.during(() => apply(this.text.value, this.file)); }

  undo() { return this.during(undo); }

  failed(error) {
    if (error.problems && error.problems.length) {
      this.showProblems(error.problems);
      this.said.replaceChildren(el("p", { class: "wrong" }, "Not applied. The daemon goes on as before."));
    } else this.said.replaceChildren(...trouble(error, async () => {
      const mine = this.text.value;
      this.file = await read();
      this.said.replaceChildren(el("p", {}, "Apply now overwrites what the file has. Your text is still here."));
      this.text.value = mine;
      this.update();
    }));
    this.update();
  }

  async settle(text) {
    this.file = await read();
    this.fill();
    this.said.replaceChildren(el("p", { class: "good" }, text));
    announce(text);
  }
}

// Access says who may see the page: password, sessions, tokens.
class Access {
  constructor() {
    this.sessions = el("ul", { class: "plain-list" });
    this.tokens = el("ul", { class: "plain-list" });
    this.said = el("div", { role: "status" });
    this.password = el("button", { type: "button", onclick: () => this.changePassword() }, "Set a password");
    this.drop = el("button", { type: "button", hidden: true, onclick: () => this.dropPassword() }, "Remove the password");
    this.state = el("p", {});
    this.element = el("section", { class: "card pad stack", "aria-labelledby": "h-access" }, el("h2", { id: "h-access" }, "Access"),
      el("div", { class: "stack-small" }, el("h3", {}, "Password"), this.state, el("div", { class: "row" }, this.password, this.drop)),
      el("div", { class: "stack-small" }, el("h3", {}, "Signed in"), this.sessions),
      el("div", { class: "stack-small" }, el("h3", {}, "Tokens for scripts"),
        el("p", { class: "quiet" }, "A program shows one as ", el("code", {}, "Authorization: Bearer …"), ", or as the password of a user of any name."),
        this.tokens, el("div", { class: "row" }, el("button", { type: "button", onclick: () => this.newToken() }, "New token"))), this.said);
  }

  async load() {
    try {
      const [session, list] = await Promise.all([ask("session"), ask("api/v1/tokens")]);
      this.set = session.password === "set";
      this.old = this.set && !session.link; // whoever came by a link a moment ago may have forgotten it
      say(this.state, this.set ? "There is one." : "There is none: people come in by a link.");
      say(this.password, this.set ? "Change the password" : "Set a password");
      this.drop.hidden = !this.set;
      this.list = list;
      this.draw();
    } catch (error) {
      this.fail(error);
    }
  }

  draw() {
    const when = (t) => t ? clockTime(t, false) : "never";
    this.sessions.replaceChildren(...(this.list.sessions || []).map((s) => el("li", { class: "row apart" },
      el("p", {}, s.agent || "A browser", s.here && el("strong", {}, " (this one)"), el("span", { class: "quiet" }, `, since ${when(s.created)}, used ${when(s.used)}`)),
      el("button", { type: "button", "aria-label": `Sign out ${s.here ? "here" : s.agent || "a browser"}`, onclick: () => s.here ? this.signOut() : this.remove(s.id) }, "Sign out"))));
    const tokens = this.list.tokens || [];
    this.tokens.replaceChildren(...tokens.length ? tokens.map((t) => el("li", { class: "row apart" },
      el("p", {}, el("strong", {}, t.name), ` may ${t.change ? "look and change" : "look"}`, el("span", { class: "quiet" }, `, made ${when(t.created)}, used ${when(t.used)}`)),
      el("button", { type: "button", "aria-label": `Remove ${t.name}`, onclick: () => this.remove(t.id) }, "Remove")))
      : [el("li", { class: "quiet" }, "There is none.")]);
  }

  fail(error) { this.said.replaceChildren(el("p", { class: "wrong" }, sentence(error))); }

  async remove(id) {
    try {
      await ask(`api/v1/tokens?id=${encodeURIComponent(id)}`, { method: "DELETE" });
      await this.load();
    } catch (error) {
      this.fail(error);
    }
  }

  async changePassword() {
    if (await showPassword(false, this.old)) await this.load();
  }

  async dropPassword() {
    if (!await confirm("Remove the password?", "Then people come in by a link alone.", "Remove")) return;
    try {
      await ask("api/v1/password", { method: "DELETE" });
      await this.load();
    } catch (error) {
      this.fail(error);
    }
  }

  async signOut() {
    await ask("session", { method: "DELETE" });
    location.href = "./";
  }

  async newToken() {
    const name = el("input", { id: "token-name", maxlength: 64 });
    const may = el("input", { type: "checkbox", id: "token-change" });
    const made = await dialog("New token", (done) => el("form", {
      class: "stack", novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          done(await ask("api/v1/tokens", { method: "POST", json: { name: name.value.trim(), change: may.checked } }));
        } catch (error) {
          mark(name, sentence(error));
          name.focus();
        }
      },
    }, field("Name", name, "What it is for"), el("label", { class: "check" }, may, "It may also change things"),
    el("div", { class: "row end" }, el("button", { type: "button", onclick: () => done() }, "Cancel"), el("button", { class: "main", type: "submit" }, "Make it"))), true);
    if (!made) return;
    await this.load();
    await dialog("The token", (done) => el("div", { class: "stack" }, el("p", {}, "It is shown this once. Copy it now."),
      el("input", { readonly: true, "aria-label": "Token", class: "code", value: made.token, onfocus: (event) => event.target.select() }),
      el("div", { class: "row end" }, el("button", { type: "button", class: "main", onclick: () => done() }, "Done"))), true);
  }
}
