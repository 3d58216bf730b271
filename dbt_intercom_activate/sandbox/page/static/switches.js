// Switches of the sandbox, faults, and the way back to nothing.

import { byId, count, element, text } from "./elements.js";
import { ask } from "./sandbox.js";

const HOW = [
  ["429: too many requests", { status: 429 }],
  ["500: server error", { status: 500 }],
  ["503: not available", { status: 503 }],
  ["400: refused", { status: 400, code: "parameter_invalid", message: "Refused on purpose" }],
  ["404: not found", { status: 404 }],
  ["no answer, and nothing done", { drop_connection: true }],
  ["no answer, though it is done", { drop_connection: true, after_commit: true }],
  ["3 seconds late", { delay_s: 3 }],
];

let asked = false; // whether a person is typing into a switch

export function begin() {
  const pace = byId("pace");
  pace.addEventListener("change", (event) => set(event.target));
  pace.addEventListener("submit", (event) => event.preventDefault());
  pace.addEventListener("focusin", () => (asked = true));
  pace.addEventListener("focusout", () => (asked = false));
  const fault = byId("fault");
  fault.elements.how.append(...HOW.map(([title], index) => element("option", { value: index }, title)));
  fault.addEventListener("submit", add);
  byId("clear-faults").addEventListener("click", () => tell(() => ask("faults", "DELETE"), "No more faults"));
  byId("reset").addEventListener("click", () => byId("sure").showModal());
  byId("sure-no").addEventListener("click", () => byId("sure").close());
  byId("sure-yes").addEventListener("click", () => {
    byId("sure").close();
    tell(() => ask("reset", "POST", {}), "The workspace is empty, and another one");
  });
}

/** Shows how the switches stand. */
export function heard(news) {
  const form = byId("pace").elements;
  for (const name of ["latency_ms", "rate_limit", "search_lag"]) {
    if (!asked || document.activeElement !== form[name]) form[name].value = String(news.switches[name]);
  }
  form.token_revoked.checked = news.switches.token_revoked;
  byId("faults").replaceChildren(...news.faults.map((fault) => element("li", {}, ...inWords(fault))));
  byId("clear-faults").hidden = news.faults.length === 0;
}

function set(input) {
  if (!input.reportValidity()) return;
  const value = input.type === "checkbox" ? input.checked : Number(input.value);
  tell(() => ask("switches", "POST", { [input.name]: value }), "Set");
}

function add(event) {
  event.preventDefault();
  const form = byId("fault");
  const given = new FormData(form);
  const times = given.get("times") === "" ? null : Number(given.get("times"));
  const [, how] = HOW[Number(given.get("how"))];
  const fault = { method: given.get("method"), path_prefix: given.get("path_prefix"), times, ...how };
  tell(() => ask("faults", "POST", fault), "Added");
}

async function tell(doing, done) {
  const said = byId("said");
  try {
    await doing();
    said.className = "said";
    said.textContent = done;
  } catch (error) {
    said.className = "said bad";
    said.textContent = error.message;
  }
}

function inWords(fault) {
  const parts = [];
  if (fault.status) parts.push(String(fault.status));
  if (fault.drop_connection) parts.push("no answer");
  if (fault.after_commit) parts.push("though it is done");
  if (fault.delay_s) parts.push(`${fault.delay_s} s late`);
  const times = fault.times === null ? "always" : fault.times === 1 ? "once" : `${count(fault.times)} times`;
  const method = fault.method === "*" ? "any method" : fault.method;
  return [element("code", {}, text(`${method} ${fault.path_prefix}`)), ` ${parts.join(", ")}, ${times}`];
}
