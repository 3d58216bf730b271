// One contact, with everything about it, in a dialog.

import { byId, count, element, inLine, inLines, moment, text } from "./elements.js";
import { ask } from "./sandbox.js";

let current = null;
let showing = null; // what is on display, so that a change that is none moves nothing

/** Calls `back` once the contact is closed. */
export function begin(back) {
  const dialog = byId("contact");
  byId("contact-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    current = null;
    if (location.hash.startsWith("#contacts/")) back();
  });
}

/** Shows a contact; null closes the dialog. */
export async function open(id) {
  const dialog = byId("contact");
  current = id;
  showing = null;
  if (id === null) {
    if (dialog.open) dialog.close();
    return;
  }
  await look();
  if (!dialog.open && current === id) dialog.showModal();
}

/** Looks again, if one is shown. */
export const changed = () => (current === null ? null : look());

async function look() {
  const id = current;
  let found;
  try {
    found = await ask(`contacts/${encodeURIComponent(id)}`);
  } catch (error) {
    byId("contact-title").textContent = "No such contact";
    byId("contact-body").replaceChildren(element("p", {}, error.message));
    return;
  }
  const said = JSON.stringify(found);
  if (id !== current || said === showing) return;
  showing = said;
  byId("contact-title").textContent = found.fields.name ?? found.email ?? found.external_id ?? found.id;
  const raw = byId("contact-body").querySelector("details")?.open ?? false;
  byId("contact-body").replaceChildren(...parts(found, raw));
}

function parts(found, raw) {
  return [
    part("Contact", pairs(basics(found))),
    part("Fields", pairs(Object.entries(found.fields))),
    part("Custom attributes", pairs(Object.entries(found.custom_attributes))),
    part(`Tags (${found.tags.length})`, list(found.tags.map((tag) => text(tag)))),
    part(`Companies (${found.companies.length})`, list(found.companies.map(company))),
    part(`Events (${count(found.events_total)})`, list(found.events.map(event))),
    part(`Conversations (${found.conversations.length})`, list(found.conversations.map((id) => text(id)))),
    element(
      "details",
      { open: raw },
      element("summary", {}, "As the API answers"),
      element("pre", { tabindex: "0" }, inLines(JSON.stringify(found.answer))),
    ),
  ].filter((each) => each !== null);
}

function basics(found) {
  const merged = found.merged_into;
  return [
    ["id", element("code", {}, found.id)],
    ["external_id", found.external_id],
    ["email", found.email],
    ["role", found.role],
    ["state", found.condition],
    ["merged into", merged && element("a", { href: `#contacts/${merged}` }, merged)],
    ["created", moment(found.created_at)],
    ["updated", moment(found.updated_at)],
  ];
}

function part(title, content) {
  return content === null ? null : element("section", {}, element("h3", {}, title), content);
}

function pairs(entries) {
  const told = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (!told.length) return null;
  return element("dl", {}, ...told.map(([name, value]) => element("div", {}, term(name), description(value))));
}

const term = (name) => element("dt", {}, text(name));
const description = (value) => element("dd", {}, value instanceof Element ? value : text(inLine(value)));

function list(items) {
  return items.length ? element("ul", {}, ...items.map((item) => element("li", {}, item))) : null;
}

function company(row) {
  const id = text(row.company_id);
  return row.name ? element("span", {}, text(row.name), " (", id, ")") : id;
}

function event(row) {
  const metadata = inLine(row.metadata);
  return element("span", {}, text(row.event_name), " ", element("span", { class: "quiet" }, moment(row.created_at), " ", text(metadata)));
}
