// A game as Foundry is one: express and socket.io on one port. Prints the port, and serves until its input ends.
"use strict";
const express = require("express");
const http = require("node:http");
const { Server } = require("socket.io");

const prefix = process.env.PREFIX ? `/${process.env.PREFIX}` : "";
const app = express();
app.use(`${prefix}/echo`, express.raw({ type: () => true, limit: "400mb" }));

app.get(`${prefix}/`, (request, response) => {
  response.cookie("session", "0123456789abcdef", { path: "/", sameSite: "strict" });
  response.append("Set-Cookie", "second=2; Path=/");
  response.json({ host: request.headers.host, forwarded: request.headers["x-forwarded-for"] });
});
app.get(`${prefix}/file`, (request, response) => response.send(Buffer.alloc(10_000_000, "f")));
app.post(`${prefix}/echo`, (request, response) => response.send(request.body));

const server = http.createServer(app);
const io = new Server(server, {
  path: `${prefix}/socket.io/`,
  maxHttpBufferSize: 1e8,
  perMessageDeflate: process.env.DEFLATE ? { threshold: 1024 } : false,
});
io.on("connection", (socket) => {
  socket.emit("session", { headers: socket.handshake.headers });
  socket.on("echo", (value, answer) => answer(value));
  socket.on("shout", (count, answer) => {
    for (let at = 0; at < count; at += 1) io.emit("heard", at);
    answer();
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
