"use strict";
const prefix = document.body.dataset.prefix;
const problem = document.querySelector("[role=alert]");
for (const button of document.querySelectorAll("[data-world]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.textContent = "";
    const body = JSON.stringify({ action: "launchWorld", world: button.dataset.world });
    const headers = { "content-type": "application/json" };
    const reply = await fetch(`${prefix}/setup`, { method: "POST", headers, body });
    const said = await reply.json().catch(() => ({}));
    if (said.error || !reply.ok) {
      problem.textContent = said.error ?? `The server answered ${reply.status}.`;
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
