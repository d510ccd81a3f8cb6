"use strict";
const ROLES = ["Banned", "Player", "Trusted player", "Assistant", "Gamemaster"];
const form = document.getElementById("join-game");
const users = document.getElementById("users");
const button = form.querySelector("button");
const problem = form.querySelector("[role=alert]");
const SAID = {
  "JOIN.ErrorInvalidPassword": "That is not the password.",
  "JOIN.ErrorUserDoesNotExist": "There is no such user in this world.",
  "JOIN.ErrorBanned": "This user may not join.",
  "JOIN.WorldPendingSetup": "The world is not open just now.",
};

async function refresh() {
  const data = await socket.ask("getJoinData");
  if (!data?.users) return;
  const chosen = new FormData(form).get("user");
  document.getElementById("system").textContent =
    `${data.system.title || "No system"} · version ${data.release.generation}`;
  document.getElementById("description").textContent = data.world.description ?? "";
  const expected = data.users.sort((a, b) => b.role - a.role || a.name.localeCompare(b.name));
  users.replaceChildren(...expected.map((user) => {
    const here = data.activeUsers.includes(user._id);
    const row = document.createElement("label");
    row.className = "user";
    const input = Object.assign(document.createElement("input"),
      { type: "radio", name: "user", value: user._id, checked: user._id === chosen, required: true });
    const name = Object.assign(document.createElement("b"), { textContent: user.name });
    const note = Object.assign(document.createElement("small"),
      { textContent: here ? "here now" : ROLES[user.role] });
    row.append(input, mark(user, here), name, note);
    return row;
  }));
  button.disabled = false;
}

const socket = connect({
  session: refresh,
  userActivity: refresh,
  modifyDocument: refresh,
  shutdown: () => location.reload(),
  lost: () => { button.disabled = true; },
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const user = new FormData(form).get("user");
  const password = document.getElementById("password").value;
  const body = JSON.stringify({ action: "join", userid: user, userId: user, password, adminPassword: "" });
  const headers = { "content-type": "application/json" };
  try {
    const reply = await fetch(`${prefix}/join`, { method: "POST", headers, body });
    const said = await reply.json();
    if (said.status === "success") location.href = said.redirect;
    else problem.textContent = SAID[said.message] ?? said.message;
  } catch {
    problem.textContent = "The table does not answer just now. Try again in a moment.";
  }
});
