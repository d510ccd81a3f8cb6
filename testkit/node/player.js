// A player of game.js: node player.js PORT HOST TRANSPORTS [PREFIX]. Every name leads to this machine. Ends with status 0 if all was well.
"use strict";
const assert = require("node:assert");
const dns = require("node:dns");
dns.lookup = (name, options, answer) => {
  const done = typeof options === "function" ? options : answer;
  return options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
};
const http = require("node:http");
const { io } = require("socket.io-client");

const [port, host, transports, prefix = ""] = process.argv.slice(2);
const root = prefix ? `/${prefix}` : "";
const base = `http://${host}:${port}`;
setTimeout(() => {
  console.error("the player has waited long enough");
  process.exit(1);
}, 60_000).unref();

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${base}${root}${path}`, { method }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ answer, body: Buffer.concat(pieces) }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function pages() {
  const { answer, body } = await ask("GET", "/");
  assert.strictEqual(answer.statusCode, 200);
  assert.strictEqual(answer.headers["set-cookie"].length, 2);
  assert.deepStrictEqual(JSON.parse(body), { host: `${host}:${port}`, forwarded: "127.0.0.1" });
  const file = await ask("GET", "/file");
  assert.strictEqual(file.answer.headers["content-length"], "10000000");
  assert.strictEqual(file.body.length, 10_000_000);
  const sent = Buffer.alloc(8 << 20, "wörld");
  const echoed = await ask("POST", "/echo", sent);
  assert.ok(sent.equals(echoed.body));
}

async function sockets() {
  const socket = io(base, {
    path: `${root}/socket.io/`,
    transports: transports.split(","),
    extraHeaders: { cookie: "session=0123456789abcdef; refractory_session=SECRET" },
  });
  const session = await new Promise((resolve, reject) => {
    socket.on("session", resolve);
    socket.on("connect_error", reject);
  });
  assert.strictEqual(session.headers.cookie, "session=0123456789abcdef");
  assert.strictEqual(session.headers["x-forwarded-for"], "127.0.0.1");
  if (transports === "polling,websocket") {
    const { engine } = socket.io;
    if (engine.transport.name !== "websocket") await new Promise((resolve) => engine.once("upgrade", resolve));
  }
  assert.strictEqual(await socket.emitWithAck("echo", "grüße, 世界 🎲"), "grüße, 世界 🎲");
  const large = Buffer.alloc(5_000_000);
  for (let at = 0; at < large.length; at += 1) large[at] = (at * 31) % 251;
  assert.ok(large.equals(await socket.emitWithAck("echo", large)));
  const heard = [];
  const all = new Promise((resolve) => {
    socket.on("heard", (at) => heard.push(at) === 200 && resolve());
  });
  await socket.emitWithAck("shout", 200);
  await all;
  assert.deepStrictEqual(heard, [...Array(200).keys()]);
  socket.disconnect();
}

(async () => {
  await pages();
  await sockets();
})().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
