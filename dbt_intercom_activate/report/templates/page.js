"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const root = document.documentElement;

  // The theme: the system's unless somebody says otherwise; what was said is kept where the browser lets a file keep it.
  const themes = { "": "as the system", light: "light", dark: "dark" };
  const keep = (name) => { try { localStorage.setItem("intercom-activate-theme", name); } catch { /* not let */ } };
  const kept = () => { try { return localStorage.getItem("intercom-activate-theme"); } catch { return ""; } };
  const button = find("theme");
  const dress = (name) => {
    if (name) root.dataset.theme = name; else delete root.dataset.theme;
    button.textContent = `Theme: ${themes[name]}`;
  };
  dress(Object.hasOwn(themes, kept() ?? "") ? kept() ?? "" : "");
  button.hidden = false;
  button.addEventListener("click", () => {
    const names = Object.keys(themes);
    const next = names[(names.indexOf(root.dataset.theme ?? "") + 1) % names.length];
    dress(next);
    keep(next);
  });

  // A link to an activation opens it.
  const open = () => {
    const card = location.hash && find(decodeURIComponent(location.hash.slice(1)));
    if (card instanceof HTMLDetailsElement) card.open = true;
  };
  addEventListener("hashchange", open);
  open();

  // How long ago.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const time of document.querySelectorAll("time[data-age]")) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[2];
    time.title = relative.format(Math.round(seconds / size), unit);
  }

  const table = find("table");
  if (!table) return;
  const body = table.tBodies[0];

  // Sorting: numbers from the largest, words from A; once more turns it round.
  const worth = (row, column) => row.cells[column].dataset.v;
  const alike = new Intl.Collator("en", { numeric: true });
  const sort = (column, ascending, numeric) => {
    const sign = ascending ? 1 : -1;
    const compare = numeric
      ? (a, b) => worth(a, column) - worth(b, column)
      : (a, b) => alike.compare(worth(a, column), worth(b, column));
    body.append(...[...body.rows].sort((a, b) => sign * compare(a, b)));
  };
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const numeric = cell.classList.contains("n");
    const label = document.createElement("button");
    label.type = "button";
    label.append(...cell.childNodes);
    cell.append(label);
    label.addEventListener("click", () => {
      const now = cell.getAttribute("aria-sort");
      const ascending = now ? now === "descending" : !numeric;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(column, ascending, numeric);
    });
  });

  // Filtering: the rows of the table and what stands below, all at once.
  const form = find("filter");
  const cards = [...document.querySelectorAll(".card")].map((card) => ({
    card, row: body.querySelector(`[data-of="${card.id}"]`),
  }));
  const filter = () => {
    const asked = find("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = find("status").value;
    const attention = find("attention").checked;
    let shown = 0;
    for (const { card, row } of cards) {
      const { words, status: own, attention: marked } = card.dataset;
      const fits = asked.every((word) => words.includes(word)) && (!status || own === status)
        && (!attention || marked !== undefined);
      card.hidden = row.hidden = !fits;
      shown += fits;
    }
    find("shown").textContent = `${shown} of ${cards.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
