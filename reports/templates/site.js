/* The report works without scripts; with them tables sort and filter, rows open, and the menu and colours are chosen. */
"use strict";
(() => {
  const page = document.documentElement;
  page.classList.add("js");

  // Colours: as the system has them, or as chosen; the choice is remembered where the browser allows that.
  const THEMES = { "": "auto", light: "light", dark: "dark" };
  const stored = { get() { try { return localStorage.getItem("theme") || ""; } catch { return ""; } },
                   set(theme) { try { localStorage.setItem("theme", theme); } catch { /* of this page only */ } } };
  const show = (theme) => {
    theme in THEMES && theme ? page.setAttribute("data-theme", theme) : page.removeAttribute("data-theme");
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  show(stored.get());

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  function themeButton() {
    const names = Object.keys(THEMES);
    let theme = names.includes(stored.get()) ? stored.get() : "";
    const button = element("button", { type: "button", className: "theme" });
    const label = () => { button.textContent = `Colours: ${THEMES[theme]}`; };
    button.addEventListener("click", () => {
      theme = names[(names.indexOf(theme) + 1) % names.length];
      stored.set(theme); show(theme); label();
    });
    label();
    return button;
  }

  function menuButton(side) {
    const button = element("button", { type: "button", className: "menu", textContent: "Menu" });
    button.setAttribute("aria-controls", side.id);
    const open = (is) => { side.classList.toggle("open", is); button.setAttribute("aria-expanded", String(is)); };
    button.addEventListener("click", () => open(!side.classList.contains("open")));
    side.addEventListener("click", (event) => { if (event.target.closest("a")) open(false); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && side.classList.contains("open")) { open(false); button.focus(); }
    });
    open(false);
    return button;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const bar = document.querySelector(".bar");
    bar.append(themeButton());
    bar.prepend(menuButton(document.getElementById("pages")));
  });
})();
