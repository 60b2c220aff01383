// What Walk asks of a page while it presses Tab. It is run anew for each walk.
(() => {
  const seen = new Set();
  const what = (e) => (e.getAttribute("aria-label") || e.textContent.trim() || e.id || e.name || e.outerHTML).slice(0, 60) + ` <${e.localName}>`;
  const scope = () => [...document.querySelectorAll("dialog[open]")].filter((d) => d.matches(":modal")).pop() || document;

  // A group of radio buttons has one place for Tab.
  const key = (e) => (e.type === "radio" && e.name ? `radio ${e.name}` : e);

  const controls = () => [...scope().querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((e) =>
    e.tabIndex >= 0 && !e.disabled && !e.closest("[inert]") && e.checkVisibility({ visibilityProperty: true }));

  // Focus is seen by an outline: of the element, of what is drawn before it, or of a frame that it fills.
  const outlined = (e, part) => {
    const style = getComputedStyle(e, part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  };
  const ringed = (e) => outlined(e) || outlined(e, "::before") || outlined(e.parentElement);

  // An element with the focus must not lie under something else, such as a bar at the bottom. News may have moved it out of
  // sight since it had the focus: then it is looked at where it is.
  const covered = (e) => {
    const was = e.getBoundingClientRect();
    if (was.bottom < 0 || was.top > innerHeight) e.scrollIntoView({ block: "nearest" });
    const box = e.getBoundingClientRect();
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
    return !points.some(([x, y]) => {
      const hit = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return hit && (hit === e || e.contains(hit) || hit.contains(e) || [...(e.labels || [])].some((l) => l.contains(hit)));
    });
  };

  // What goes away while it has the focus, and comes again, takes the focus from who stands there.
  const replaced = [];
  let last = null;
  const leave = () => {
    if (last && !last.isConnected && controls().some((c) => !seen.has(c) && what(c) === what(last))) {
      replaced.push(`${what(last)}: it was replaced while it had the focus`);
    }
    last = null;
  };
  document.addEventListener("focusin", (event) => {
    leave();
    last = event.target;
  });

  // Where nothing has the focus, the walk is at the end of the page, or what had the focus went away: then the next Tab goes on from
  // where it was.
  let nowhere = 0;
  window.walkStep = () => {
    const e = document.activeElement;
    if (!e || e === document.body || e === document.documentElement) {
      leave();
      return { end: ++nowhere > 1, what: "", faults: [] };
    }
    nowhere = 0;
    if (seen.has(e)) return { end: true, what: "", faults: [] };
    seen.add(e);
    seen.add(key(e));
    const faults = [];
    if (!ringed(e)) faults.push("its focus cannot be seen");
    if (covered(e)) faults.push("it is covered while it has the focus");
    return { end: false, what: what(e), faults };
  };

  // What has come meanwhile, behind the back of who walks, is not missed.
  const expected = controls();
  window.walkMissed = () => replaced.concat(controls().filter((e) => expected.includes(e) && !seen.has(key(e))).map((e) => `${what(e)}: Tab does not lead to it`));

  // The walk begins at the beginning of the page, or of the dialog over it.
  const first = document.createElement("span");
  first.tabIndex = -1;
  (scope() === document ? document.body : scope()).prepend(first);
  first.focus();
  first.remove();
})();
