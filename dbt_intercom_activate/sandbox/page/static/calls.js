// The calls as they come, and how full the rate window is.

import { byId, count, element, inLines, moment, text } from "./elements.js";
import { ask } from "./sandbox.js";

const KEPT = 500; // calls in this page
const SHOWN = 150; // of these in the list
const PULSE = 250; // milliseconds between two looks at the clock

let kept = [];
let held = false;
let rate = null;
let heardAt = 0;

const WHICH = {
  all: () => true,
  writes: (call) => call.method !== "GET",
  failed: (call) => call.status < 200 || call.status > 299,
};

export function begin() {
  byId("hold").addEventListener("click", () => {
    held = !held;
    byId("hold").setAttribute("aria-pressed", String(held));
    if (!held) fill();
  });
  byId("which").addEventListener("change", fill);
  setInterval(tick, PULSE);
}

/** Takes in what came. */
export function heard(news) {
  if (news.begun) kept = [];
  kept = [...news.calls, ...kept].slice(0, KEPT);
  const calls = news.made === 1 ? "call" : "calls";
  byId("made").textContent = `${count(news.made)} ${calls}, ${count(news.writes)} that write`;
  [rate, heardAt] = [news.rate, performance.now()];
  tick();
  if (news.begun) fill();
  else if (!held) add(news.calls);
}

const wanted = (call) => WHICH[byId("which").value](call);

function fill() {
  byId("stream").replaceChildren();
  add(kept);
}

function add(calls) {
  const list = byId("stream");
  list.prepend(...calls.filter(wanted).slice(0, SHOWN).map(item));
  while (list.children.length > SHOWN) list.lastElementChild.remove();
  byId("no-calls").hidden = list.children.length > 0;
}

function grade(status) {
  if (status === 0) return "bad";
  if (status === 429 || status >= 500) return "bad";
  return status >= 300 ? "warn" : "ok";
}

function item(call) {
  const id = `call-${call.number}`;
  const button = element(
    "button",
    { type: "button", class: "call", "aria-expanded": "false", "aria-controls": id },
    element("span", { class: `status ${grade(call.status)}` }, call.status ? String(call.status) : "none"),
    element("span", { class: "method" }, text(call.method)),
    element("span", { class: "path", title: call.path }, text(call.path)),
    element("span", { class: "ms" }, `${call.ms < 10 ? call.ms.toFixed(1) : Math.round(call.ms)} ms`),
  );
  const bodies = element("div", { id, class: "bodies", hidden: true });
  button.addEventListener("click", () => unfold(call, button, bodies));
  return element("li", {}, button, bodies);
}

async function unfold(call, button, bodies) {
  bodies.hidden = !bodies.hidden;
  button.setAttribute("aria-expanded", String(!bodies.hidden));
  if (bodies.hidden || bodies.childElementCount) return;
  try {
    const found = await ask(`calls/${call.number}`);
    bodies.replaceChildren(
      element("p", { class: "quiet" }, moment(call.at), " ", text(call.path)),
      ...body("Sent", found.sent, found.sent_bytes, found.longest),
      ...body("Answered", found.answered, found.answered_bytes, found.longest),
    );
  } catch (error) {
    bodies.replaceChildren(element("p", {}, error.message));
  }
}

function body(title, content, bytes, longest) {
  if (!bytes) return [element("p", { class: "quiet" }, `${title}: no body`)];
  const cut = bytes > longest ? `, of which the first ${count(longest)} are kept` : "";
  return [
    element("h3", {}, `${title} `, element("span", { class: "quiet" }, `${count(bytes)} bytes${cut}`)),
    element("pre", { tabindex: "0" }, inLines(content)),
  ];
}

/** Draws the window as it is now: it empties by itself. */
function tick() {
  if (rate === null) return;
  const passed = (performance.now() - heardAt) / 1000;
  const within = rate.now + passed - rate.start;
  const over = Math.floor(within / rate.seconds);
  const windows = [...rate.windows, ...Array(Math.min(over, rate.windows.length)).fill(0)];
  const told = windows.slice(-rate.windows.length);
  const used = told[told.length - 1];
  const highest = Math.max(rate.limit, ...told, 1);
  const share = Math.min(1, used / (rate.limit || highest));
  const left = Math.ceil(rate.seconds - (within - over * rate.seconds));
  byId("used").textContent = rate.limit
    ? `${count(used)} of ${count(rate.limit)} calls in this window`
    : `${count(used)} calls in this window, no limit`;
  byId("next").textContent = `next in ${left} s`;
  const meter = byId("window");
  meter.setAttribute("aria-valuemax", String(rate.limit || highest));
  meter.setAttribute("aria-valuenow", String(used));
  meter.className = `window ${rate.limit && share >= 1 ? "full" : share >= 0.8 ? "near" : ""}`;
  byId("filled").style.width = `${share * 100}%`;
  history(told, highest);
}

function history(told, highest) {
  const bars = byId("windows");
  while (bars.children.length < told.length) bars.append(element("span"));
  told.forEach((used, index) => {
    bars.children[index].style.height = `${Math.max(used ? 6 : 2, (used / highest) * 100)}%`;
    bars.children[index].className = rate.limit && used >= rate.limit ? "full" : "";
  });
  bars.setAttribute("aria-label", `Calls in the last windows: ${told.join(", ")}`);
}
