"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const remembered = () => { try { return localStorage.getItem("mlebench-theme"); } catch { return null; } };
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const show = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `${theme.textContent} colours`); };
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  theme.hidden = false;
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("mlebench-theme", root.dataset.theme); } catch { /* a page may not be allowed to */ }
    show();
  });

  const names = new Intl.Collator("en", { numeric: true });
  const value = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return null;
    const text = cell.dataset.v ?? cell.textContent.trim();
    if (text === "" || text === "-") return null;
    const number = Number.parseFloat(text.replace(/[,%$]/g, ""));
    return Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : names.compare(String(a), String(b)));
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.dataset.first ?? "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const direction = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", direction);
        const sign = direction === "ascending" ? 1 : -1;
        const body = table.tBodies[0];
        const keyed = [...body.rows].map((row) => [value(row, column), row]);
        // What is not there stands last, whichever way.
        keyed.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b)));
        body.append(...keyed.map(([, row]) => row));
      });
    });
  }

  const form = document.getElementById("filter");
  if (form) {
    form.hidden = false;
    const shown = document.getElementById("shown");
    const items = [...document.querySelectorAll("[data-name]")];
    const total = document.querySelectorAll("article[data-name]").length;
    const filter = () => {
      const wanted = Object.fromEntries(new FormData(form));
      const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const item of items) {
        const { name, complexity, category, outcomes } = item.dataset;
        const fits =
          (!wanted.complexity || complexity === wanted.complexity) &&
          (!wanted.category || category === wanted.category) &&
          (!wanted.outcome || outcomes.split(" ").includes(wanted.outcome)) &&
          words.every((word) => `${name} ${complexity} ${category}`.toLowerCase().includes(word));
        item.hidden = !fits;
        if (fits && item.tagName === "ARTICLE") count += 1;
      }
      shown.textContent = count === total ? "" : `${count} of ${total} competitions are shown.`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      for (const field of form.querySelectorAll("input, select")) field.value = "";
      filter();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
})();
