"use strict";
const state = document.getElementById("state");
const present = document.getElementById("present");
const log = document.getElementById("log");
const result = document.querySelector(".felt output");
const whose = document.getElementById("whose");
let world, here = new Set();

function seats() {
  const users = [...world.users].sort((a, b) => here.has(b._id) - here.has(a._id) || b.role - a.role);
  present.replaceChildren(...users.map((user) => {
    const row = document.createElement("li");
    row.dataset.here = here.has(user._id);
    const name = user._id === world.userId ? `${user.name} (you)` : user.name;
    const note = Object.assign(document.createElement("small"),
      { textContent: here.has(user._id) ? "here" : "away" });
    row.append(mark(user, here.has(user._id)), name, note);
    return row;
  }));
  const count = here.size;
  state.textContent = count === 1 ? "You are alone at the table." : `${count} at the table.`;
}

function hear(message) {
  const name = world.users.find((user) => user._id === message.user)?.name ?? "Somebody";
  const row = document.createElement("li");
  row.append(Object.assign(document.createElement("b"), { textContent: name }), " ", message.content);
  log.append(row);
  row.scrollIntoView({ block: "nearest" });
  if (message.flags?.roll) {
    result.textContent = message.flags.roll;
    whose.textContent = `${name} ${message.content}`;
  }
}

async function sit() {
  world = await socket.ask("world");
  if (!world?.users) return location.replace(`${prefix}/join`);
  here = new Set([...world.activeUsers, world.userId]);
  log.replaceChildren();
  world.messages.forEach(hear);
  seats();
}

async function say(content, roll) {
  const data = [{ content, flags: roll ? { roll } : {} }];
  const request = { type: "ChatMessage", action: "create", data, operation: { data, parent: null } };
  const answer = await socket.ask("modifyDocument", request);
  answer.result?.forEach(hear);
}

const socket = connect({
  session: sit,
  userActivity: (user, activity) => {
    if (!world?.users || activity?.active === undefined) return;
    if (activity.active) here.add(user); else here.delete(user);
    seats();
  },
  modifyDocument: (change) => {
    if (change.type === "ChatMessage") change.result.forEach(hear);
    else sit();
  },
  shutdown: () => location.replace(`${prefix}/join`),
  lost: () => { state.textContent = "The connection is lost. Trying again …"; },
});

for (const button of document.querySelectorAll("[data-sides]")) {
  button.addEventListener("click", () => {
    const roll = 1 + Math.floor(Math.random() * button.dataset.sides);
    say(`rolls ${roll} on a d${button.dataset.sides}.`, roll);
  });
}
document.getElementById("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = document.getElementById("words");
  if (words.value.trim()) say(words.value.trim());
  words.value = "";
});
