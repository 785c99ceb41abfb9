/* The report is whole without scripts. With them tables sort and filter, rows open, and menu and colours are chosen. */
"use strict";
(() => {
  const page = document.documentElement;
  page.classList.add("js");

  // Colours: the system's, or those chosen; the choice is remembered where the browser allows that.
  const THEMES = { auto: "◐", light: "☀", dark: "☾" };
  let theme = "auto";
  try { theme = localStorage.getItem("ipcircuit-theme") || "auto"; } catch { /* not allowed: the system's */ }
  if (!(theme in THEMES)) theme = "auto";

  function choose(next) {
    theme = next;
    if (theme === "auto") page.removeAttribute("data-theme");
    else page.setAttribute("data-theme", theme);
    document.dispatchEvent(new CustomEvent("themechange"));
  }
  choose(theme);

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function button(className, words, action) {
    const made = element("button", { type: "button", className, textContent: words });
    made.addEventListener("click", action);
    return made;
  }

  function themeButton() {
    const names = Object.keys(THEMES);
    const made = button("theme", "", () => {
      choose(names[(names.indexOf(theme) + 1) % names.length]);
      try { localStorage.setItem("ipcircuit-theme", theme); } catch { /* for this page only */ }
      label();
    });
    function label() {
      made.textContent = THEMES[theme];
      made.title = `Colours: ${theme}`;
      made.setAttribute("aria-label", made.title);
    }
    label();
    return made;
  }

  function menuButton(side) {
    const made = button("menu", "Menu", () => open(!side.classList.contains("open")));
    function open(is) {
      side.classList.toggle("open", is);
      made.setAttribute("aria-expanded", String(is));
    }
    made.setAttribute("aria-controls", side.id);
    side.addEventListener("click", (event) => { if (event.target.closest("a")) open(false); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && side.classList.contains("open")) { open(false); made.focus(); }
    });
    open(false);
    return made;
  }

  // Tables: a row is {cells, line, more}; `more` is the line that it opens to, if it has one.
  function rowsOf(table) {
    const rows = [];
    for (const line of table.tBodies[0].rows) {
      if (line.classList.contains("more")) rows[rows.length - 1].more = line;
      else rows.push({ line, more: null, text: line.textContent.toLowerCase() });
    }
    return rows;
  }

  const text = (row, column) => row.line.cells[column].textContent.trim();
  const number = (row, column) => {
    const data = row.line.cells[column].querySelector("data");
    return data ? Number(data.value) : NaN;
  };

  function compared(one, other, column, numeric) {
    if (!numeric) return text(one, column).localeCompare(text(other, column), "en", { numeric: true });
    const [a, b] = [number(one, column), number(other, column)];
    return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : a - b;
  }

  function sortable(table, rows) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const sort = button("sort", head.textContent, () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const numeric = head.classList.contains("number");
        const missing = (row) => numeric && Number.isNaN(number(row, column));
        const sorted = [...rows].sort((one, other) => {
          const order = compared(one, other, column, numeric);
          return down && !missing(one) && !missing(other) ? -order : order;  // what is missing stays last
        });
        table.tBodies[0].append(...sorted.flatMap((row) => (row.more ? [row.line, row.more] : [row.line])));
      });
      head.replaceChildren(sort);
    });
  }

  function opening(row, number) {
    const first = row.line.cells[0];
    row.more.id = `more-${row.line.id || number}`;
    row.open = (is) => {
      row.more.classList.toggle("open", is);
      row.line.classList.toggle("opened", is);
      toggle.setAttribute("aria-expanded", String(is));
    };
    const toggle = button("toggle", first.textContent, () => row.open(!row.more.classList.contains("open")));
    toggle.setAttribute("aria-controls", row.more.id);
    row.line.addEventListener("click", (event) => {
      if (!event.target.closest("button, a") && !String(getSelection())) toggle.click();
    });
    row.line.classList.add("opens");
    first.replaceChildren(toggle);
    row.open(false);
  }

  const FILTERED = 12; // rows from which on a table can be filtered

  function filters(table, rows) {
    const name = table.closest(".table").querySelector("h3").textContent;
    const search = element("input", { type: "search" });
    const count = element("span", { className: "count" });
    count.setAttribute("role", "status");
    const heads = [...table.tHead.rows[0].cells];
    const choices = heads.flatMap((head, column) => (head.hasAttribute("data-choice") ? [[column, head.textContent]] : []));
    const selects = choices.map(([column, words]) => {
      const values = [...new Set(rows.map((row) => text(row, column)))].sort();
      const options = values.map((value) => element("option", { value, textContent: value }));
      const select = element("select", {}, element("option", { value: "", textContent: `any ${words}` }), ...options);
      select.setAttribute("aria-label", `${words} in “${name}”`);
      return { column, select };
    });
    function apply() {
      const asked = search.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        const is = row.text.includes(asked) &&
          selects.every(({ column, select }) => !select.value || text(row, column) === select.value);
        row.line.hidden = !is;
        if (row.more) row.more.hidden = !is;
        shown += is;
      }
      count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
    }
    search.addEventListener("input", apply);
    selects.forEach(({ select }) => select.addEventListener("change", apply));
    search.placeholder = "filter";
    search.setAttribute("aria-label", `Filter “${name}”`);
    apply();
    return element("div", { className: "controls" }, search, ...selects.map((one) => one.select), count);
  }

  function enhance(table) {
    const rows = rowsOf(table);
    const controls = rows.length >= FILTERED ? filters(table, rows) : null;
    if (rows.length > 1) sortable(table, rows);
    rows.filter((row) => row.more).forEach(opening);
    if (controls) table.closest(".scroll").before(controls);
    return rows;
  }

  // A link to a row opens it: claims.html#claims-A5.base
  function follow(rows) {
    const name = decodeURIComponent(location.hash.slice(1));
    const row = rows.find((one) => one.more && one.line.id === name);
    if (!row) return;
    row.open(true);
    row.line.scrollIntoView({ block: "center" });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const bar = document.querySelector(".bar");
    const side = document.getElementById("pages");
    if (side) bar.prepend(menuButton(side));
    bar.append(themeButton());
    const rows = [...document.querySelectorAll("body:not(.paper) .table table")].flatMap(enhance);
    follow(rows);
    window.addEventListener("hashchange", () => follow(rows));
  });
})();
