// Puts the parts together: what the address says, and what the stream tells.

import * as calls from "./calls.js";
import * as contact from "./contact.js";
import { byId } from "./elements.js";
import { listen } from "./sandbox.js";
import * as shelves from "./shelves.js";
import * as switches from "./switches.js";

let begun = false;

function route() {
  const [kind, id] = location.hash.slice(1).split("/");
  const listed = shelves.KINDS.includes(kind) ? kind : "contacts";
  // A contact opens above the list that it is chosen from; and the other parts of the page have addresses too.
  if (begun === false || (listed === kind && !id)) shelves.open(listed);
  begun = true;
  contact.open(kind === "contacts" && id ? decodeURIComponent(id) : null);
}

function heard(news) {
  byId("workspace").textContent = news.workspace_id;
  shelves.changed(news.counts);
  contact.changed();
  calls.heard(news);
  switches.heard(news);
}

function linked(there) {
  const link = byId("link");
  link.textContent = there ? "live" : "not running";
  link.className = there ? "link live" : "link lost";
}

for (const part of [shelves, calls, switches]) part.begin();
contact.begin(() => history.pushState(null, "", `#${shelves.current()}`));
window.addEventListener("hashchange", route);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, dialog");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  byId("search").focus();
});
route();
listen(heard, linked);
