// What the workspace holds: a table for each kind, with search and pages.

import { byId, count, element, inLine, moment, text } from "./elements.js";
import { ask } from "./sandbox.js";

const TYPING = 200; // milliseconds of quiet before a search is sent
const AGAIN = 700; // milliseconds between two looks while things change
const SHARE = 0.2; // of the time that looking may take the sandbox: a search through very many rows takes its time

const badge = (word, kind = "") => element("span", { class: `badge ${kind}` }, text(word));
const badges = (words) => element("span", { class: "badges" }, ...words.map((word) => badge(word)));
const number = (value) => (value ? count(value) : element("span", { class: "quiet" }, "0"));
const line = (value) => element("span", { class: "line", dir: "auto", title: inLine(value) }, inLine(value));
const attributes = (row) => line(row.custom_attributes);
const person = (contact) =>
  contact ? element("a", { href: `#contacts/${contact[0]}`, "data-key": contact[0] }, text(contact[1])) : "";

function contact(row) {
  const label = row.email ?? row.external_id ?? row.name ?? row.id;
  return element("span", { class: "line", dir: "auto", title: label }, person([row.id, label]));
}

const role = (row) => (row.condition === "live" ? text(row.role) : badge(row.condition, "gone"));

// heading, cell, share of the width, and "n" for a number, "m" for what a phone has no room for, "aside" for less
const COLUMNS = {
  contacts: [
    ["Contact", contact, 22, ""],
    ["External id", (row) => line(row.external_id), 10, "m"],
    ["Name", (row) => line(row.name), 15, "m"],
    ["Role", role, 10, ""],
    ["Tags", (row) => badges(row.tags), 14, ""],
    ["Attributes", attributes, 19, "m aside"],
    ["Updated", (row) => moment(row.updated_at), 10, "n m"],
  ],
  companies: [
    ["Company id", (row) => line(row.company_id), 18, ""],
    ["Name", (row) => line(row.name), 22, ""],
    ["Tags", (row) => badges(row.tags), 16, "m"],
    ["Attributes", attributes, 22, "m aside"],
    ["Contacts", (row) => number(row.contacts), 11, "n"],
    ["Updated", (row) => moment(row.updated_at), 11, "n m"],
  ],
  tags: [
    ["Tag", (row) => badge(row.name), 40, ""],
    ["Contacts", (row) => number(row.contacts), 20, "n"],
    ["Companies", (row) => number(row.companies), 20, "n"],
    ["Others", (row) => number(row.conversations_and_tickets), 20, "n"],
  ],
  events: [
    ["Event", (row) => line(row.event_name), 28, ""],
    ["Contact", (row) => person(row.contact), 28, ""],
    ["Metadata", (row) => line(row.metadata), 30, "m aside"],
    ["Happened", (row) => moment(row.created_at), 14, "n"],
  ],
  memberships: [
    ["Contact", (row) => person(row.contact), 40, ""],
    ["Company id", (row) => line(row.company_id), 25, ""],
    ["Company", (row) => line(row.company), 35, ""],
  ],
  attributes: [
    ["Attribute", (row) => line(row.name), 34, ""],
    ["Of", (row) => badge(row.model), 15, ""],
    ["Type", (row) => text(row.data_type), 13, ""],
    ["Options", (row) => line(row.options), 25, "m aside"],
    ["State", (row) => (row.archived ? badge("archived", "gone") : ""), 13, ""],
  ],
  conversations: [
    ["Conversation", (row) => text(row.id), 20, ""],
    ["Contact", (row) => person(row.contact), 35, ""],
    ["Tags", (row) => badges(row.tags), 30, ""],
    ["Updated", (row) => moment(row.updated_at), 15, "n"],
  ],
  tickets: [
    ["Ticket", (row) => text(row.id), 30, ""],
    ["Tags", (row) => badges(row.tags), 50, ""],
    ["Updated", (row) => moment(row.updated_at), 20, "n"],
  ],
};
export const KINDS = Object.keys(COLUMNS);

const view = { kind: "contacts", search: "", page: 1 };
let shown = new Map(); // the rows as they were last, to see which changed
let asked = 0;
let due = null;
let rested = 0;
let took = 0;

/** The links to the kinds, once. */
export function begin() {
  const links = KINDS.map((kind) => {
    const title = kind[0].toUpperCase() + kind.slice(1);
    return element("a", { href: `#${kind}`, id: `kind-${kind}` }, `${title} `, element("span", { class: "count" }));
  });
  byId("kinds").append(...links);
  byId("search").addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(() => look({ search: byId("search").value, page: 1 }), TYPING);
  });
  byId("earlier").addEventListener("click", () => look({ page: view.page - 1 }));
  byId("later").addEventListener("click", () => look({ page: view.page + 1 }));
}

/** The kind that is shown. */
export const current = () => view.kind;

/** Shows another kind. */
export function open(kind) {
  if (kind !== view.kind) byId("search").value = "";
  look({ kind, search: byId("search").value, page: kind === view.kind ? view.page : 1 });
}

/** Looks again soon: something changed. */
export function changed(counts) {
  for (const kind of KINDS) {
    const held = kind === "contacts" ? counts.contacts.user + counts.contacts.lead : counts[kind];
    byId(`kind-${kind}`).querySelector(".count").textContent = count(held);
  }
  clearTimeout(rested);
  const since = performance.now() - asked;
  rested = setTimeout(() => look({}), Math.max(0, AGAIN - since, took / SHARE - since));
}

async function look(wanted) {
  const moved = Object.keys(wanted).length > 0;
  Object.assign(view, wanted);
  const at = (asked = performance.now());
  const { kind, search, page } = view;
  const query = new URLSearchParams({ search, page });
  let found;
  try {
    found = await ask(`${kind}?${query}`);
  } catch (error) {
    byId("range").textContent = error.message;
    return;
  }
  took = performance.now() - at;
  if (at === asked) show(kind, found, moved);
}

function show(kind, found, moved) {
  const columns = COLUMNS[kind];
  for (const each of KINDS) {
    const link = byId(`kind-${each}`);
    if (each === kind) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  view.page = found.page;
  byId("search").placeholder = `Search ${kind}`;
  byId("headings").replaceChildren(
    ...columns.map(heading),
  );
  const focused = document.activeElement?.closest("#rows a")?.dataset.key;
  const before = moved ? null : shown;
  shown = new Map();
  byId("rows").replaceChildren(...found.rows.map((row) => made(row, columns, before)));
  if (focused) document.querySelector(`#rows a[data-key="${CSS.escape(focused)}"]`)?.focus();
  range(found);
  none(kind, found);
}

function heading([title, , share, form]) {
  const made = element("th", { scope: "col", class: form }, title);
  made.style.width = `${share}%`;
  return made;
}

function made(row, columns, before) {
  const key = row.id ?? inLine(row);
  const said = JSON.stringify(row);
  shown.set(key, said);
  const fresh = before !== null && before.get(key) !== said;
  const cells = columns.map(([, cell, , form]) => element("td", { class: form }, cell(row)));
  return element("tr", { class: fresh ? "fresh" : null }, ...cells);
}

function range(found) {
  const first = (found.page - 1) * found.per_page + 1;
  const last = first + found.rows.length - 1;
  const all = count(found.total);
  byId("range").textContent = found.total ? `${count(first)}–${count(last)} of ${all}` : "";
  byId("earlier").disabled = found.page === 1;
  byId("later").disabled = last >= found.total;
}

function none(kind, found) {
  const empty = byId("empty");
  empty.hidden = found.total > 0;
  document.querySelector("#shelf table").hidden = found.total === 0;
  if (found.total > 0) return;
  if (view.search) {
    empty.replaceChildren(element("p", {}, `None of the ${kind} has “`, text(view.search), "”."));
  } else {
    const command = `INTERCOM_BASE_URL=${location.origin} INTERCOM_ACCESS_TOKEN=… dbt-intercom-activate build`;
    empty.replaceChildren(
      element("p", {}, `No ${kind} yet. What a sync sends here appears by itself:`),
      element("pre", { tabindex: "0" }, command),
    );
  }
}
