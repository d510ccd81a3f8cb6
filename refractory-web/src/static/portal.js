// Everything works without this file. It makes pages live, uploads visible, and confirmations kinder.
"use strict";
const all = (what, within = document) => [...within.querySelectorAll(what)];
const one = (what, within = document) => within.querySelector(what);

// Moments and waits, in the language of the page.
const locale = document.documentElement.lang || "en";
const near = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
function sayWhen(within = document) {
  for (const time of all("time[data-when]", within)) {
    const at = new Date(time.dateTime);
    const seconds = (at - Date.now()) / 1000;
    time.title = at.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
    const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) || ["second", 1];
    time.textContent = Math.abs(seconds) > 7 * 86400
      ? at.toLocaleDateString(locale, { dateStyle: "medium" })
      : near.format(Math.round(seconds / length), unit);
  }
}

// Counts down from what the server said; its clock and ours need not agree.
function countDown(within = document) {
  for (const span of all("[data-countdown]", within)) {
    if (span.dataset.countdown === span.dataset.begun) continue;
    span.dataset.begun = span.dataset.countdown;
    span.dataset.ends = performance.now() + 1000 * Number(span.dataset.countdown);
  }
}
function tick() {
  for (const span of all("[data-countdown]")) {
    const left = Math.max(0, Math.ceil((span.dataset.ends - performance.now()) / 1000));
    const [unit, length] = left < 120 ? ["second", 1] : ["minute", 60];
    const text = left === 0 ? "now" : near.format(Math.floor(left / length), unit);
    if (span.textContent !== text) span.textContent = text;
  }
}

// A sentence at the top of the page.
function say(tone, text) {
  const box = document.createElement("div");
  box.className = `notice notice-${tone}`;
  box.setAttribute("role", tone === "bad" ? "alert" : "status");
  const p = document.createElement("p");
  p.textContent = text;
  box.append(p);
  one("#flash")?.replaceChildren(box);
}

// What makes two elements the same one.
const identity = node => node.nodeType !== 1 ? node.nodeName
  : [node.nodeName, node.id, node.dataset.key, node.getAttribute("action"), node.getAttribute("name")].join(" ");

// Changes `old` into `fresh` and keeps every element that is in both: focus stays, and live regions tell what changed.
function morph(old, fresh) {
  if (old.nodeType !== 1) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    // A copy button that was shown stays so; a countdown knows where it is.
    const ours = ["data-begun", "data-ends"].includes(name) || ("copy" in old.dataset && name === "hidden");
    if (!fresh.hasAttribute(name) && !ours) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (name === "hidden" && "copy" in old.dataset) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  // Its text is ours.
  if ("countdown" in fresh.dataset && old.dataset.begun === fresh.dataset.countdown) return;
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    let same = next;
    while (same && identity(same) !== identity(child)) same = same.nextSibling;
    if (!same) { old.insertBefore(child, next); continue; }
    while (next !== same) { const gone = next; next = next.nextSibling; gone.remove(); }
    morph(same, child);
    next = same.nextSibling;
  }
  while (next) { const gone = next; next = next.nextSibling; gone.remove(); }
}

// Brings `old` up to date with fresh HTML, in place. A focus that lost its element stays within.
function swap(old, html) {
  const fresh = document.createRange().createContextualFragment(html.trim()).firstElementChild;
  if (!old) { prepare(fresh); return fresh; }
  const focused = old.contains(document.activeElement);
  morph(old, fresh);
  prepare(old);
  if (focused && !old.contains(document.activeElement)) {
    (one("[data-key=title]", old) || one("[data-key]", old))?.focus({ preventScroll: true });
  }
  return old;
}

// The list of tables.
function followTables(source, list) {
  source.addEventListener("table", event => {
    const { id, slug, html } = JSON.parse(event.data);
    if (one("[data-empty]")) return location.reload();
    const old = document.getElementById(`table-${id}`);
    const fresh = swap(old, html);
    if (!old) list.insertBefore(fresh, all("[data-slug]", list).find(card => card.dataset.slug > slug) || null);
  });
  const forget = cards => {
    if (!list || !cards.length) return;
    for (const card of cards) card.remove();
    if (!list.children.length) location.reload();
  };
  source.addEventListener("all", event => {
    const { ids } = JSON.parse(event.data);
    forget(all("[data-slug]", list || document.createElement("div")).filter(card => !ids.includes(card.id.slice(6))));
  });
  source.addEventListener("gone", event => {
    const card = document.getElementById(`table-${JSON.parse(event.data).id}`);
    forget(card ? [card] : []);
  });
}

// One table.
function followTable(source) {
  source.addEventListener("panel", event => {
    const { slug, html } = JSON.parse(event.data);
    const old = one("#panel");
    if (!old) return;
    if (old.dataset.slug !== slug) return location.replace(`/tables/${slug}`);
    swap(old, html);
  });
  source.addEventListener("gone", () => { source.close(); location.replace("/"); });
}

// The backups of a table, as long as an operation is at work on them. The server answers once something has changed.
async function followBackups() {
  const section = one("#backups[data-following]");
  if (!section) return;
  const pause = time => new Promise(done => setTimeout(done, time));
  await (document.hidden ? new Promise(done => document.addEventListener("visibilitychange", done, { once: true })) : pause(500));
  try {
    const answer = await fetch(section.dataset.following, { headers: { accept: "text/html" } });
    if (answer.ok) swap(section, await answer.text());
    else if (answer.status === 503) await pause(10000);
    else return;
  } catch { await pause(2000); /* The server may be on its way back. */ }
  followBackups();
}

// Whoever waits at a table's own address.
function followDoor(source) {
  source.addEventListener("door", event => {
    const { open, html } = JSON.parse(event.data);
    swap(one("#door"), html);
    if (open) { source.close(); location.reload(); }
  });
}

// Streams run while the page is looked at: a browser has only a few connections for all of its tabs.
function whileVisible(open, close) {
  const check = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", check);
  check();
}

function followAll() {
  const { live, door } = document.body.dataset;
  if (!live && !door) return;
  let source = null;
  const open = () => {
    if (source) return;
    source = new EventSource(live || door);
    if (door) followDoor(source); else if (live.split("?")[0] === "/live") followTables(source, one("[data-list]")); else followTable(source);
    source.addEventListener("events", event => swap(one("#activity"), JSON.parse(event.data).html));
    source.addEventListener("idle", event => {
      const banner = one("#idle");
      if (banner) banner.hidden = !JSON.parse(event.data).idle;
    });
    // Closed for good: signed out, or the table is gone. The page itself knows what to say.
    source.addEventListener("error", () => { if (source?.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000); });
  };
  whileVisible(open, () => { source?.close(); source = null; });
}

// A log that is followed while its box is ticked.
function followLog(box) {
  const log = one("#log");
  let source = null;
  const stop = () => { source?.close(); source = null; };
  const start = () => {
    stop();
    if (!box.checked || document.hidden) return;
    source = new EventSource(`${box.dataset.follow}?from=${encodeURIComponent(log.dataset.next)}`);
    source.addEventListener("log", event => {
      one("[data-nothing]", log)?.remove();
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      const { lines, next } = JSON.parse(event.data);
      log.append(lines.join("\n") + "\n");
      log.dataset.next = next;
      if (atEnd) log.scrollTop = log.scrollHeight;
    });
    // The browser would go on from the beginning of this stream: go on from its end.
    source.addEventListener("error", () => { stop(); setTimeout(start, 3000); });
  };
  box.parentElement.hidden = false;
  box.addEventListener("change", start);
  log.scrollTop = log.scrollHeight;
  whileVisible(start, stop);
}

// Start and stop without leaving the page: what changes arrives through the live stream.
async function sendQuietly(form, button) {
  // A disabled button would lose the focus.
  if (button?.getAttribute("aria-disabled") === "true") return;
  button?.setAttribute("aria-disabled", "true");
  try {
    let body = new URLSearchParams(new FormData(form));
    for (;;) {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "follow" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (new URL(answer.url).pathname.startsWith("/sign-in")) return location.assign(answer.url);
      const ask = one("form[data-ask]", page);
      if (ask) {
        if (!confirm(ask.dataset.ask)) return;
        body = new URLSearchParams(new FormData(ask));
        continue;
      }
      const said = one(".notice-bad p, .welcome .lead", page);
      one("#flash")?.replaceChildren();
      if (said && (!answer.ok || one("#flash .notice-bad", page))) say("bad", said.textContent);
      return;
    }
  } catch {
    say("bad", "The portal isn't responding. Check your connection and try again.");
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}

// What the browser finds wrong with a field, in the language of the page and beside the field.
function complaint(input) {
  const { validity } = input;
  if (validity.valueMissing) {
    if (input.type === "checkbox") return "Select the checkbox to continue.";
    return input.type === "file" ? "Choose a file." : "Fill in this field.";
  }
  if (validity.tooShort) return `Use at least ${input.minLength} characters.`;
  if (validity.typeMismatch && input.type === "url") return "Enter a URL that begins with https://.";
  return "This value isn't valid. Correct it.";
}
function mark(input) {
  const id = `${input.id || input.name}-error`;
  document.getElementById(id)?.remove();
  const box = document.createElement("p");
  box.className = "field-error";
  box.id = id;
  box.setAttribute("role", "alert");
  box.textContent = complaint(input);
  (input.closest("label.check") || input).after(box);
  const hints = (input.getAttribute("aria-describedby") || "").split(" ").filter(hint => hint && hint !== id);
  input.setAttribute("aria-describedby", [id, ...hints].join(" "));
  input.setAttribute("aria-invalid", "true");
}
function unmark(input) {
  const id = `${input.id || input.name}-error`;
  document.getElementById(id)?.remove();
  input.removeAttribute("aria-invalid");
  const hints = (input.getAttribute("aria-describedby") || "").split(" ").filter(hint => hint && hint !== id);
  if (hints.length) input.setAttribute("aria-describedby", hints.join(" ")); else input.removeAttribute("aria-describedby");
}
document.addEventListener("invalid", event => {
  event.preventDefault();
  mark(event.target);
  const first = one("[aria-invalid=true]", event.target.form);
  if (first === event.target) first.focus();
}, true);
document.addEventListener("input", event => { if (event.target.getAttribute("aria-invalid") === "true") unmark(event.target); });

function upload(form) {
  const input = one("input[type=file]", form);
  const bar = one("progress", form);
  const said = one("[data-said]", form);
  const button = one("[data-send]", form);
  const shown = one(".upload-progress", form);
  one(".drop-words", form).hidden = false;
  const limit = Number(form.dataset.limit);
  const fail = text => { shown.hidden = true; button.disabled = false; bar.value = 0; say("bad", text); scrollTo({ top: 0, behavior: "smooth" }); };
  const send = file => {
    if (file.size > limit) return fail(`This file is larger than ${form.dataset.limitWords}. Choose the zip file of a Foundry release.`);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/releases");
    request.setRequestHeader("X-CSRF-Token", one("input[name=csrf]", form).value);
    request.setRequestHeader("Content-Type", "application/zip");
    button.disabled = true;
    shown.hidden = false;
    request.upload.onprogress = event => {
      const percent = Math.floor(100 * event.loaded / event.total);
      bar.value = percent;
      said.textContent = percent < 100 ? `${percent}% of ${file.name}` : "Checking and storing the release. This can take a minute.";
      if (percent === 100) bar.removeAttribute("value");
    };
    request.onerror = () => fail("The upload was interrupted and nothing was stored. Try again.");
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status === 201) {
        // For the page that comes.
        sessionStorage.setItem("said", `Foundry ${answer.version} was added.`);
        return location.assign("/releases");
      }
      fail(answer.detail || "The upload was rejected.");
    };
    request.send(file);
  };
  form.addEventListener("submit", event => { event.preventDefault(); if (input.files[0]) send(input.files[0]); });
  for (const name of ["dragenter", "dragover"]) form.addEventListener(name, event => { event.preventDefault(); form.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));
  form.addEventListener("drop", event => {
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file) { input.files = event.dataTransfer.files; send(file); }
  });
}

// The name that the server makes of a title; none where too little of it can be part of an address.
const written = { "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ĳ": "ij", "ə": "e" };
function nameOf(title) {
  const letters = title.toLowerCase().normalize("NFC").replace(/[^\x00-\x7f]/g, letter => written[letter] ?? letter);
  const plain = letters.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const name = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const lost = (plain.match(/[\p{L}\p{N}]/gu) || []).filter(letter => !/[a-z0-9]/.test(letter)).length;
  return name.length > lost ? name.slice(0, 63).replace(/-+$/, "") : "";
}

// The address a title leads to, as it is typed.
function suggest(title) {
  const slug = document.getElementById(title.dataset.suggests);
  const shown = one("[data-address-shown]");
  // A table keeps its address until somebody types another one.
  const kept = "kept" in slug.dataset;
  let own = kept || (slug.value !== "" && slug.value !== nameOf(title.value));
  const show = () => { shown.textContent = slug.dataset.address.replace("NAME", slug.value || "…"); };
  title.addEventListener("input", () => { if (!own) { slug.value = nameOf(title.value); show(); } });
  slug.addEventListener("input", () => { own = kept || slug.value !== ""; show(); });
  show();
}

function prepare(within) {
  sayWhen(within);
  countDown(within);
  for (const button of all("[data-copy]", within)) {
    if (!navigator.clipboard || !button.hidden) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    });
  }
}

document.addEventListener("submit", event => {
  const form = event.target;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return event.preventDefault();
  if ("quiet" in form.dataset) {
    event.preventDefault();
    sendQuietly(form, event.submitter);
  }
  if ("themeForm" in form.dataset) {
    event.preventDefault();
    const theme = event.submitter.value;
    document.documentElement.dataset.theme = theme;
    one(`[data-shows="${theme}"]`, form)?.focus();
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true });
  }
});
document.addEventListener("click", event => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", event => {
  const menu = event.key === "Escape" && one("details.menu[open]");
  if (menu) { menu.open = false; one("summary", menu).focus(); }
});
for (const form of all("form[data-typed]")) {
  const button = one("button", form), typed = one("input[name=typed]", form);
  const check = () => { button.disabled = typed.value.trim() !== form.dataset.typed; };
  typed.addEventListener("input", check);
  check();
}
for (const form of all("form[data-upload]")) upload(form);
for (const title of all("input[data-suggests]")) suggest(title);
for (const box of all("input[data-follow]")) followLog(box);
for (const box of all("input[data-select]")) box.addEventListener("focus", () => box.select());
const said = sessionStorage.getItem("said");
if (said) { sessionStorage.removeItem("said"); say("good", said); }
prepare(document);
tick();
setInterval(tick, 250);
setInterval(() => sayWhen(), 30000);
followAll();
followBackups();
