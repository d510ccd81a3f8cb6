"use strict";
const problem = document.querySelector("[role=alert]");

// What the socket of an administrator tells, and of nobody else.
const socket = connect({
  session: async () => {
    const data = await socket.ask("getSetupData");
    document.getElementById("whoami").textContent = data.isAdmin ? "the administrator" : "nobody";
  },
});

async function post(path, body) {
  problem.textContent = "";
  const headers = { "content-type": "application/json" };
  const reply = await fetch(prefix + path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await reply.json().catch(() => ({}));
  if (said.error || !reply.ok) {
    problem.textContent = said.error ?? `The server answered ${reply.status}.`;
    return false;
  }
  return true;
}

const value = (id) => document.getElementById(id).value;

function onSubmit(id, send) {
  const form = document.getElementById(id);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await send(form);
  });
}

onSubmit("create-world", async ({ dataset }) => {
  const body = { action: "createWorld", title: value("world-title"), system: value("world-system"), description: "" };
  body[dataset.idField] = value("world-id");
  if (await post(dataset.path, body)) location.reload();
});
onSubmit("install-system", async () => {
  const body = { action: "installPackage", type: "system", id: value("system-id"), manifest: "" };
  if (await post("/setup", body)) location.reload();
});
onSubmit("configure", async () => {
  if (await post("/setup", { action: "adminConfigure", language: value("language") })) {
    problem.textContent = "The settings are saved. The server restarts.";
  }
});
onSubmit("log-out", async () => {
  await fetch(`${prefix}/setup`, { method: "POST", body: new URLSearchParams({ action: "adminLogout" }), redirect: "manual" });
  location.href = `${prefix}/`;
});

for (const button of document.querySelectorAll("[data-world]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    if (!await post("/setup", { action: "launchWorld", world: button.dataset.world })) {
      button.disabled = false;
      return;
    }
    const watch = setInterval(async () => {
      const status = await (await fetch(`${prefix}/api/status`)).json();
      if (status.active) {
        clearInterval(watch);
        location.href = `${prefix}/join`;
      }
    }, 300);
  });
}
