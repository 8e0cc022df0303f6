// Small things on top of pages that work without it. No inline handlers, no evaluation of text.
"use strict";

// The theme: without this script the same form is posted and the server sets the same cookie.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-theme-form]") && event.submitter) {
    event.preventDefault();
    chooseTheme(form, event.submitter.value);
  } else if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

function chooseTheme(form, theme) {
  const root = document.documentElement;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `accord_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  if (theme === "system") delete root.dataset.bsTheme;
  else root.dataset.bsTheme = theme;
  for (const button of form.querySelectorAll("[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new CustomEvent("accord:theme"));
}

// Menus (<details data-menu>) open and close by themselves; these close on Escape and elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Blurred text: the style sheet blurs it; here it is kept from screen readers too until asked for.
function veil(root) {
  const all = root.querySelector("[data-unveil-all]");
  for (const record of root.querySelectorAll("[data-record]")) {
    const box = record.querySelector("[data-unveil]");
    const text = record.querySelector("[data-veil]");
    if (box && text) text.setAttribute("aria-hidden", String(!(box.checked || (all && all.checked))));
  }
}

function veilAround(element) {
  veil(element.closest("section") || document);
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("[data-unveil-all]")) {
    const section = box.closest("section");
    for (const each of section.querySelectorAll("[data-unveil]")) each.checked = box.checked;
    veilAround(box);
  } else if (box.matches("[data-unveil]")) {
    const section = box.closest("section");
    const all = section && section.querySelector("[data-unveil-all]");
    if (all && !box.checked) all.checked = false;
    veilAround(box);
  }
});

function veilEverywhere() {
  for (const section of document.querySelectorAll("section")) {
    if (section.querySelector("[data-record]")) veil(section);
  }
}

// A link to something inside a closed <details> opens it.
function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details");
  if (!fold) return;
  fold.open = true;
  fold.scrollIntoView();
}

// A request that fails says so, instead of leaving the page as it was in silence.
function say(text) {
  const flash = document.getElementById("flash");
  const box = document.createElement("div");
  box.className = "alert alert-danger";
  box.textContent = text;
  flash.replaceChildren(box);
  flash.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) location.reload();
  else if (status === 429) say("Too many requests. Wait a minute, then try again.");
  else say(`That did not work (${status}). Reload the page and try again.`);
});
document.addEventListener("htmx:sendError", () => say("Accord cannot be reached. Check the connection and try again."));
document.addEventListener("htmx:afterSwap", veilEverywhere);
window.addEventListener("hashchange", openTarget);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) openTarget();
});
veilEverywhere();
openTarget();
