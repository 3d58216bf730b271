// Asks the sandbox, with the header that no page from elsewhere can send, and listens to what changes.

import { byId } from "./elements.js";

const PATIENCE = 1000; // milliseconds until the stream is asked for again
let token = null;

function headers() {
  const own = { "X-Sandbox": "1" };
  return token === null ? own : { ...own, Authorization: `Bearer ${token}` };
}

/** The answer's JSON. Throws an Error with the sandbox's own words where it refuses. */
export async function ask(path, method = "GET", body = undefined) {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(`/_sandbox/${path}`, { method, headers: headers(), body: sent });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.errors?.[0]?.message ?? `status ${answer.status}`);
  return found;
}

/** Calls `heard` with each piece of news, and `linked` with whether the sandbox is there; for ever. */
export async function listen(heard, linked) {
  for (;;) {
    try {
      const answer = await fetch("/_sandbox/live", { headers: headers() });
      if (answer.status === 401) {
        await askForToken();
        continue;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      linked(true);
      await read(answer.body, heard);
    } catch (error) {
      if (!(error instanceof TypeError)) console.warn(error);
    }
    linked(false);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  }
}

async function read(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event.startsWith("data: ")) heard(JSON.parse(event.slice(6)));
    }
  }
}

function askForToken() {
  const dialog = byId("token");
  const form = byId("token-form");
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    const given = (event) => {
      event.preventDefault();
      token = new FormData(form).get("token");
      form.reset();
      dialog.close();
      resolve();
    };
    form.addEventListener("submit", given, { once: true });
  });
}
