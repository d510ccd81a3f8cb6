"use strict";
// As much of a socket.io client as two pages need.
const prefix = document.body.dataset.prefix;

function mark(user, here) {
  const item = document.createElement("span");
  item.className = "dot";
  item.style.background = user.color ?? "";
  item.title = here ? "here now" : "away";
  return item;
}

function connect(listeners) {
  const session = /(?:^|; )session=([0-9a-f]+)/.exec(document.cookie)?.[1] ?? "";
  const base = location.origin.replace(/^http/, "ws");
  const waiting = new Map();
  let socket, number = 0, pause = 500;

  const open = () => {
    socket = new WebSocket(`${base}${prefix}/socket.io/?session=${session}&EIO=4&transport=websocket`);
    socket.addEventListener("message", ({ data }) => receive(data));
    socket.addEventListener("close", () => {
      waiting.clear();
      listeners.lost?.();
      setTimeout(open, pause);
      pause = Math.min(pause * 2, 8000);
    });
  };
  const receive = (data) => {
    if (data[0] === "0") return socket.send("40");
    if (data === "2") return socket.send("3");
    const [, kind, id, json] = /^4(\d)(\d*)(.*)$/s.exec(data) ?? [];
    if (kind === "2") {
      const [name, ...args] = JSON.parse(json);
      if (name === "session") pause = 500;
      listeners[name]?.(...args);
    } else if (kind === "3") {
      waiting.get(id)?.(JSON.parse(json)[0]);
      waiting.delete(id);
    }
  };
  open();
  return {
    ask: (name, ...args) => new Promise((resolve) => {
      waiting.set(String(++number), resolve);
      socket.send(`42${number}${JSON.stringify([name, ...args])}`);
    }),
    tell: (name, ...args) => socket.readyState === WebSocket.OPEN
      && socket.send(`42${JSON.stringify([name, ...args])}`),
  };
}
