// A table made of express, socket.io and classic-level: just enough of the observable surface for one life.
// It exists so that not every peer in the tests is written by the people who wrote what is tested.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const express = require("express");
const { Server } = require("socket.io");
const { ClassicLevel } = require("classic-level");

const SALT = "17c4f39053ac5a50d5797c665ad1f4e6";
const flags = Object.fromEntries(
  process.argv.slice(2).filter((flag) => flag.startsWith("--")).map((flag) => {
    const [name, ...value] = flag.slice(2).split("=");
    return [name, value.join("=")];
  }),
);
const data = flags.dataPath;
const adminHash = fs.readFileSync(path.join(data, "Config", "admin.txt"), "utf8").trim();
const sessions = new Map();
let world = null;

const log = (text) => console.log(`FoundryVTT | ${new Date().toISOString().slice(0, 19).replace("T", " ")} | [info] ${text}`);

function session(req, res, next) {
  const found = /(?:^|;\s*)session=([0-9a-f]{24})/.exec(req.headers.cookie ?? "");
  let id = found?.[1];
  if (!sessions.has(id)) {
    id = crypto.randomBytes(12).toString("hex");
    sessions.set(id, { admin: false });
    res.setHeader("Set-Cookie", `session=${id}; Max-Age=86400; Path=/; SameSite=Strict`);
  }
  req.session = sessions.get(id);
  next();
}

function isAdmin(password) {
  const hash = crypto.pbkdf2Sync(String(password ?? "").trim(), SALT, 1000, 64, "sha512").toString("hex");
  return crypto.timingSafeEqual(Buffer.from(hash), Buffer.from(adminHash));
}

async function launch(id) {
  const folder = path.join(data, "Data", "worlds", id);
  if (!fs.existsSync(path.join(folder, "world.json"))) throw new Error(`The world ${id} does not exist`);
  const users = new ClassicLevel(path.join(folder, "data", "users"), { valueEncoding: "json" });
  await users.open();
  const launches = (await users.get("!meta!launches").catch(() => undefined)) ?? 0;
  await users.put("!meta!launches", launches + 1);
  world = { id, users };
  log(`World ${id} is open, launch ${launches + 1}`);
}

async function close() {
  if (!world) return;
  const { id, users } = world;
  world = null;
  await users.close();
  log(`World ${id} is closed`);
}

const app = express();
app.use(express.json(), express.urlencoded({ extended: false }), session);
app.get("/api/status", (_req, res) => {
  const base = { active: world !== null, version: "13.351" };
  res.json(world ? { ...base, world: world.id, system: "none", systemVersion: "1", users: io.engine.clientsCount, uptime: 1 } : base);
});
app.get("/", (req, res) => res.redirect(world ? "/join" : req.session.admin ? "/setup" : "/auth"));
for (const view of ["auth", "setup", "join"]) {
  app.get(`/${view}`, (_req, res) => res.send(`<!doctype html><title>${view}</title><h1>${view}</h1><script src="/socket.io/socket.io.js"></script>`));
}
app.post("/auth", (req, res) => {
  req.session.admin = isAdmin(req.body.adminPassword ?? req.body.adminKey);
  res.redirect(req.session.admin ? "/setup" : "/auth");
});
app.post("/setup", async (req, res) => {
  if (!req.session.admin) return res.status(403).json({ error: "not an administrator" });
  if (req.body.action !== "launchWorld") return res.json({ error: "unknown action" });
  try {
    await launch(req.body.world);
    res.json({});
  } catch (error) {
    res.json({ error: error.message });
  }
});
app.post("/join", async (req, res) => {
  if (req.body.action !== "shutdown") return res.json({ request: "join", status: "success", message: "JOIN.LoginSuccess", redirect: "/game" });
  if (!req.session.admin && !isAdmin(req.body.adminPassword)) return res.status(403).json({ error: "invalid key" });
  await close();
  res.json({ request: "join", status: "success" });
});

const server = http.createServer(app);
const io = new Server(server);
io.on("connection", (socket) => {
  socket.emit("session", { sessionId: socket.id, userId: null });
  socket.on("echo", (payload, ack) => ack(payload));
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, async () => {
    if (world) log("Ended with a world open");
    await close();
    process.exit(0);
  });
}
log(`Running on Node.js - Version ${process.versions.node}`);
server.listen(Number(flags.port), "127.0.0.1", () => log(`Server started and listening on port ${flags.port}`));
