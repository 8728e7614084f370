// Filters the checklist by verdict, paper, system and words, and keeps the choice in the address.
"use strict";
(() => {
  const form = document.getElementById("filters");
  const found = document.getElementById("found");
  const unfold = document.getElementById("unfold");
  const toggles = [...form.querySelectorAll(".toggle")];
  const claims = [...document.querySelectorAll(".claim")].map((element) => ({
    element,
    words: wordsOf(element),
  }));
  const { pack, system, q } = form.elements; // without several papers there is no choice of one
  const choices = { pack, system };

  function wordsOf(element) {
    const id = element.closest(".group").querySelector(".id").textContent;
    return `${id} ${element.textContent}`.toLowerCase();
  }

  function chosen() {
    const pressed = toggles.filter((toggle) => toggle.getAttribute("aria-pressed") === "true");
    return new Set(pressed.map((toggle) => toggle.dataset.verdict));
  }

  function show() {
    const verdicts = chosen();
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const claim of claims) {
      const { verdict, system: own } = claim.element.dataset;
      const paper = claim.element.closest("[data-pack]").dataset.pack;
      const shown =
        verdicts.has(verdict) &&
        (!system.value || system.value === own) &&
        (!pack || !pack.value || pack.value === paper) &&
        words.every((word) => claim.words.includes(word));
      claim.element.hidden = !shown;
      count += shown;
    }
    for (const part of document.querySelectorAll(".group, .part, .system, .of-pack[data-pack]")) {
      part.hidden = !part.querySelector(".claim:not([hidden])");
    }
    found.textContent = `${count} of ${claims.length} claims`;
  }

  function remember() {
    const state = new URLSearchParams();
    const verdicts = chosen();
    if (verdicts.size < toggles.length) state.set("verdict", [...verdicts].join(","));
    for (const [name, choice] of Object.entries(choices)) {
      if (choice && choice.value) state.set(name, choice.value);
    }
    if (q.value) state.set("q", q.value);
    const hash = state.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  function press(toggle, pressed) {
    toggle.setAttribute("aria-pressed", String(pressed));
  }

  function recall() {
    const hash = location.hash.slice(1);
    const state = new URLSearchParams(hash.includes("=") ? hash : "");
    const verdicts = state.has("verdict") ? state.get("verdict").split(",") : null;
    for (const toggle of toggles) press(toggle, !verdicts || verdicts.includes(toggle.dataset.verdict));
    for (const [name, choice] of Object.entries(choices)) {
      if (!choice) continue;
      choice.value = state.get(name) || "";
      if (choice.selectedIndex < 0) choice.value = "";
    }
    q.value = state.get("q") || "";
  }

  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (location.hash.includes("=")) recall();
    else if (target && target.closest("[hidden]")) recall(); // which shows everything
    else return;
    show();
    if (target) target.scrollIntoView();
  }

  function change() {
    show();
    remember();
  }

  for (const toggle of toggles) {
    toggle.addEventListener("click", () => {
      press(toggle, toggle.getAttribute("aria-pressed") !== "true");
      change();
    });
  }
  for (const choice of Object.values(choices)) if (choice) choice.addEventListener("change", change);
  q.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const toggle of toggles) press(toggle, true);
    setTimeout(change);
  });
  unfold.addEventListener("click", () => {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    press(unfold, open);
    for (const details of document.querySelectorAll("main details")) details.open = open;
  });
  window.addEventListener("hashchange", follow);
  form.hidden = false;
  recall();
  show();
})();
