"use strict";
// The page of the Discord stand-in. Whatever a bot says is put in as text, never as markup.
const $ = (id) => document.getElementById(id);
const place = { as: "", channel: "" };
let state = null, command = null;

function el(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...inside.flat().filter((it) => it != null && it !== false && it !== ""));
  return made;
}

let hide;
function fail(text) {
  $("error").textContent = text;
  $("error").hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => ($("error").hidden = true), 6000);
}

async function act(what) {
  const body = JSON.stringify({ as: state.you, channel: place.channel || state.channel, ...what });
  const answer = await fetch("/stand-in/act", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const done = await answer.json();
  if (done.error) fail(done.error);
  if (done.modal) openModal(done.modal);
  return done;
}

// Discord's markdown, as far as bots use it.
const SPANS = /```(?:\w*\n)?([\s\S]*?)```|`([^`\n]+)`|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|(?<!\\)\*([^*\n]+)\*|(?<![\w\\])_([^_\n]+)_(?!\w)|~~([\s\S]+?)~~|\[([^\]\n]+)\]\((https?:\/\/[^)\s]+)\)|<(https?:\/\/[^>\s]+)>|(https?:\/\/[^\s<>)]+)|<@!?(\d+)>|<@&(\d+)>|<#(\d+)>|<t:(-?\d+)(?::(\w))?>|<\/([^:>]+):\d+>|\\([*_~`|\\>#<\[\]()@:.-])/g;

function spans(text) {
  const out = [];
  let at = 0;
  for (const m of text.matchAll(SPANS)) {
    if (m.index > at) out.push(text.slice(at, m.index));
    at = m.index + m[0].length;
    const link = (url, label) => el("a", { href: url, target: "_blank", rel: "noreferrer" }, label);
    if (m[1] != null) out.push(el("pre", {}, m[1]));
    else if (m[2] != null) out.push(el("code", {}, m[2]));
    else if (m[3] != null) out.push(el("strong", {}, spans(m[3])));
    else if (m[4] != null) out.push(el("u", {}, spans(m[4])));
    else if (m[5] != null) out.push(el("em", {}, spans(m[5])));
    else if (m[6] != null) out.push(el("em", {}, spans(m[6])));
    else if (m[7] != null) out.push(el("s", {}, spans(m[7])));
    else if (m[8] != null) out.push(link(m[9], spans(m[8])));
    else if (m[10] != null) out.push(link(m[10], m[10]));
    else if (m[11] != null) out.push(link(m[11], m[11]));
    else if (m[12] != null) out.push(mention("@" + (state.users.find((it) => it.id === m[12])?.shown ?? "unknown-user")));
    else if (m[13] != null) out.push(mention("@role"));
    else if (m[14] != null) out.push(mention("#" + (state.channels.find((it) => it.id === m[14])?.name ?? "unknown")));
    else if (m[15] != null) out.push(time(Number(m[15]), m[16]));
    else if (m[17] != null) out.push(mention("/" + m[17]));
    else out.push(m[18]);
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}

function mention(text) {
  return el("span", { class: "mention" }, text);
}

function time(seconds, style) {
  const date = new Date(seconds * 1000);
  const minutes = Math.round((date - Date.now()) / 60000);
  const relative = new Intl.RelativeTimeFormat("en").format(
    ...(Math.abs(minutes) < 60 ? [minutes, "minute"] : Math.abs(minutes) < 2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"]));
  return el("time", { datetime: date.toISOString(), title: date.toLocaleString() }, style === "R" ? relative : date.toLocaleString());
}

function markdown(text) {
  const box = el("div", { class: "content" });
  for (const line of (text ?? "").split(/(```[\s\S]*?```|\n)/)) {
    const heading = /^#{1,3} (.+)/.exec(line), small = /^-# (.+)/.exec(line), item = /^[-*] (.+)/.exec(line);
    if (heading) box.append(el("h3", {}, spans(heading[1])));
    else if (small) box.append(el("span", { class: "sub" }, spans(small[1])));
    else if (item) box.append("• ", ...spans(item[1]));
    else box.append(...spans(line));
  }
  return box;
}

function embed(it) {
  const fields = (it.fields ?? []).map((field) =>
    el("div", { class: field.inline ? "inline" : null }, el("dt", {}, spans(field.name)), el("dd", {}, spans(field.value))));
  const title = it.title && (it.url ? el("a", { href: it.url, target: "_blank", rel: "noreferrer" }, it.title) : it.title);
  const box = el("div", { class: "embed" },
    it.author && el("div", { class: "note" }, it.author.name), title && el("div", { class: "title" }, title),
    it.description && markdown(it.description), fields.length ? el("dl", {}, fields) : null,
    it.footer && el("div", { class: "note" }, it.footer.text));
  if (it.color) box.style.borderLeftColor = "#" + it.color.toString(16).padStart(6, "0");
  return box;
}

function component(message, it) {
  const inside = (of) => (of.components ?? []).map((child) => component(message, child));
  const use = (more) => act({ in: state.channel, message: message.id, custom_id: it.custom_id, ...more });
  if (it.type === 2) {
    const label = [it.emoji?.name, it.label].filter(Boolean).join(" ");
    if (it.style === 5) return el("a", { class: "button", href: it.url, target: "_blank", rel: "noreferrer" }, label + " ↗");
    const press = async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      await use({ do: "press" });
      button.disabled = it.disabled === true;
    };
    return el("button", { class: "style" + it.style, disabled: it.disabled === true, onclick: press }, label);
  }
  if (it.type === 3) {
    const many = (it.max_values ?? 1) > 1;
    const options = (it.options ?? []).map((option) => el("option", { value: option.value, selected: option.default === true }, option.label));
    if (!many) options.unshift(el("option", { value: "", selected: !it.options?.some((option) => option.default) }, it.placeholder || "Choose…"));
    const choose = (event) => {
      const values = [...event.currentTarget.selectedOptions].map((option) => option.value).filter(Boolean);
      if (values.length) use({ do: "choose", values });
    };
    return el("select", { multiple: many, disabled: it.disabled === true, "aria-label": it.placeholder || "Choose", onchange: choose }, options);
  }
  if (it.type >= 5 && it.type <= 8) {
    const from = it.type === 8 ? state.channels.map((c) => [c.id, "#" + c.name]) : state.users.map((u) => [u.id, u.shown]);
    const options = [["", it.placeholder || "Choose…"], ...from].map(([value, label]) => el("option", { value }, label));
    return el("select", { "aria-label": it.placeholder || "Choose", onchange: (e) => e.currentTarget.value && use({ do: "choose", values: [e.currentTarget.value] }) }, options);
  }
  if (it.type === 10) return markdown(it.content);
  if (it.type === 14) return el("hr");
  if (it.type === 17) return el("div", { class: "box" }, inside(it));
  if (it.type === 9) return el("div", { class: "row" }, inside(it), it.accessory && component(message, it.accessory));
  return el("div", { class: "row" }, inside(it));
}

function message(it) {
  const at = new Date(it.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (it.kind === 6) return el("li", { class: "message note" }, `${it.author} pinned a message · ${at}`);
  const meta = [at, it.edited ? "edited" : null, it.pinned ? "pinned" : null, it.pinged ? "notified" : null].filter(Boolean).join(" · ");
  return el("li", { class: "message" + (it.ephemeral ? " ephemeral" : ""), "data-id": it.id },
    it.command && el("div", { class: "note" }, `${it.by} used /${it.command}`),
    el("div", {}, el("span", { class: "who" }, it.author), it.bot && el("span", { class: "app" }, "APP"), el("span", { class: "meta" }, meta)),
    it.loading ? el("div", { class: "note" }, "thinking…") : markdown(it.content),
    it.embeds.map(embed), it.components.map((child) => component(it, child)),
    it.attachments.map((file) => el("div", { class: "note" }, `File: ${file.filename} (${file.size} bytes)`)),
    it.ephemeral && el("div", { class: "note" }, "Only you can see this"));
}

function channels() {
  const go = (channel) => () => { place.channel = channel; command = null; load(); };
  const current = (it) => (it.id === state.channel ? "page" : null);
  const item = (it, sign) => el("li", { class: it.kind > 10 ? "thread" : null },
    el("button", { "aria-current": current(it), onclick: go(it.id) }, `${sign} ${it.name}`, (it.archived || it.private) && el("span", { class: "note" }, it.archived ? " archived" : " private")));
  const rows = [];
  const below = (parent) => {
    for (const it of state.channels.filter((it) => it.parent === parent && it.kind !== 4 && it.kind < 10)) {
      rows.push(item(it, "#"));
      for (const thread of state.channels.filter((it2) => it2.parent === it.id)) rows.push(item(thread, "↳"));
    }
  };
  below(null);
  for (const category of state.channels.filter((it) => it.kind === 4)) {
    rows.push(el("li", { class: "category" }, category.name));
    below(category.id);
  }
  const bot = state.users.find((it) => it.bot);
  rows.push(el("li", { class: "category" }, "Direct messages"));
  rows.push(el("li", {}, el("button", { "aria-current": place.channel === "conversation" ? "page" : null, onclick: go("conversation") }, `✉ ${bot.shown}`)));
  $("channels").replaceChildren(...rows);
}

function show() {
  const here = state.channels.find((it) => it.id === state.channel);
  const you = state.users.find((it) => it.id === state.you);
  $("guild").textContent = state.guild.name;
  $("channel").textContent = place.channel === "conversation" ? "Direct messages" : here ? `# ${here.name}` : "No channel";
  $("topic").textContent = here?.topic ?? "";
  $("you").replaceChildren(...state.users.filter((it) => !it.bot).map((it) =>
    el("option", { value: it.id, selected: it.id === state.you }, it.shown + (it.admin ? " (administrator)" : ""))));
  $("dms").checked = you.dms;
  $("bot").textContent = state.endpoint ? "The bot answers over HTTP." : state.connections ? "The bot is connected." : `No bot is connected. It reaches Discord at ${state.api}.`;
  channels();
  const list = $("messages"), low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const shown = (state.messages ?? []).map(message);
  const empty = place.channel === "conversation" ? "No direct messages yet." : "Nothing has been said here.";
  list.replaceChildren(...(shown.length ? shown : [el("li", { class: "empty" }, empty)]));
  if (low) list.scrollTop = list.scrollHeight;
}

// Commands: what can be typed, and the options of the one that was chosen.
function whole(of, path, found) {
  const below = (of.options ?? []).filter((it) => it.type <= 2);
  if (!below.length) found.push({ path, description: of.description, options: of.options ?? [] });
  for (const it of below) whole(it, `${path} ${it.name}`, found);
  return found;
}

function suggest() {
  const text = $("text").value, box = $("suggestions");
  const all = (state.commands ?? []).flatMap((it) => whole(it, "/" + it.name, []));
  const fitting = text.startsWith("/") && !command ? all.filter((it) => it.path.startsWith(text.trimEnd())) : [];
  const pick = (it) => () => { command = it; $("text").value = it.path; options(); box.hidden = true; };
  box.replaceChildren(...fitting.map((it) => el("li", {}, el("button", { type: "button", onclick: pick(it) }, it.path, el("span", {}, it.description)))));
  box.hidden = !fitting.length;
}

function given() {
  const pairs = [...$("options").querySelectorAll("[name]")].filter((it) => it.value !== "").map((it) => [it.name, it.value]);
  return Object.fromEntries(pairs);
}

function options() {
  const fields = command.options.map((it) => {
    const common = { name: it.name, required: it.required === true };
    const list = it.choices ?? (it.type === 5 ? [{ name: "true", value: "true" }, { name: "false", value: "false" }] : null);
    if (list) return el("label", {}, it.name, el("select", common, el("option", { value: "" }, ""), list.map((choice) => el("option", { value: choice.name }, choice.name))));
    const field = el("input", { ...common, placeholder: it.description, list: "list-" + it.name });
    const choices = el("datalist", { id: "list-" + it.name });
    if (it.type === 6) choices.append(...state.users.map((user) => el("option", { value: user.name })));
    if (it.autocomplete) {
      const complete = async () => {
        const done = await act({ do: "complete", path: command.path, option: it.name, typed: field.value, options: { ...given(), [it.name]: undefined } });
        if (done.choices) choices.replaceChildren(...done.choices.map((choice) => el("option", { value: choice.value }, choice.name)));
      };
      field.addEventListener("input", complete);
      field.addEventListener("focus", complete, { once: true });
    }
    return el("label", {}, it.name + (it.required ? " *" : ""), field, choices);
  });
  $("options").replaceChildren(...fields);
  $("options").hidden = !fields.length;
  ($("options").querySelector("input, select") ?? $("text")).focus();
}

function reset() {
  command = null;
  $("text").value = "";
  $("options").replaceChildren();
  $("options").hidden = true;
  $("suggestions").hidden = true;
}

function openModal(modal) {
  const dialog = $("modal"), form = dialog.querySelector("form");
  form.querySelector("h2").textContent = modal.title;
  form.querySelector(".fields").replaceChildren(...modal.fields.map((field) => {
    const limits = { name: field.id, required: field.required, placeholder: field.placeholder || null, minlength: field.least || null, maxlength: field.most };
    let input = el(field.paragraph ? "textarea" : "input", limits);
    if (field.kind === 3) input = el("select", { name: field.id }, field.options.map(([label, value]) => el("option", { value }, label)));
    else input.value = field.value;
    return el("label", {}, field.label + (field.required ? " *" : ""), input);
  }));
  form.onsubmit = () => act({ do: "submit", options: Object.fromEntries(new FormData(form)) });
  form.querySelector("[value=cancel]").onclick = () => dialog.close();
  dialog.showModal();
}

$("text").addEventListener("input", () => { if (command && $("text").value !== command.path) { command = null; $("options").hidden = true; } suggest(); });
$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  if (!text.startsWith("/")) {
    if (place.channel === "conversation") return fail("The bot reads commands, not messages.");
    await act({ do: "say", channel: state.channel, text });
    return reset();
  }
  const found = command ?? (state.commands ?? []).flatMap((it) => whole(it, "/" + it.name, [])).find((it) => it.path === text);
  if (!found) return fail(`There is no command ${text} here.`);
  if (found !== command && found.options.length) { command = found; return options(); }
  const done = await act({ do: "command", path: found.path, options: given() });
  if (!done.error) reset();
});
$("you").addEventListener("change", (event) => { place.as = event.target.value; reset(); load(); });
$("dms").addEventListener("change", (event) => act({ do: "dms", takes: event.target.checked }));
$("join").addEventListener("submit", async (event) => {
  event.preventDefault();
  const done = await act({ do: "join", name: event.target.elements.name.value });
  if (done.user) { place.as = done.user; event.target.reset(); load(); }
});

async function load() {
  const answer = await fetch(`/stand-in/state?as=${place.as}&channel=${place.channel}`);
  state = await answer.json();
  show();
}

async function follow() {
  for (;;) {
    try {
      await load();
      const answer = await fetch(`/stand-in/changes?after=${state.version}`);
      await answer.json();
    } catch {
      $("bot").textContent = "The stand-in does not answer. Start it again and reload this page.";
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}
follow();
