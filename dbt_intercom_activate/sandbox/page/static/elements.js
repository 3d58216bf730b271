// Makes elements. Whatever comes from the sandbox becomes a text, never markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no element becomes a text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A text in whatever script, which turns the text around it in no way. */
export const text = (value) => element("bdi", {}, String(value));

export const count = (number) => number.toLocaleString("en-US");

/** A moment in unix seconds: the time of today, or the day. */
export function moment(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const today = new Date().toDateString() === date.toDateString();
  const iso = Number.isNaN(date.getTime()) ? "" : date.toISOString();
  if (!iso) return String(seconds);
  const shown = today ? date.toLocaleTimeString("en-GB") : iso.slice(0, 10);
  return element("time", { datetime: iso, title: iso }, shown);
}

/** A value of JSON on one line. */
export function inLine(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(inLine).join(", ");
  if (typeof value === "object") {
    return Object.entries(value).map(([key, each]) => `${key}: ${inLine(each)}`).join(" · ");
  }
  return String(value);
}

/** JSON with its lines, or the text itself where it is none. */
export function inLines(source) {
  try {
    return JSON.stringify(JSON.parse(source), null, 2);
  } catch {
    return source;
  }
}
