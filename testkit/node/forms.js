// Reads forms as Express does. Each line of its input is a form, `{"type": ..., "body": base64}`; each line of its output
// is what each reader makes of it: a body, `null` where it reads none, or `{"refused": status}`.
"use strict";
const express = require("express");
const querystring = require("node:querystring");
const readline = require("node:readline");
const { Readable } = require("node:stream");

// One chain of middleware, fed with a request that comes from nowhere.
function read(chain, type, bytes) {
  const request = Readable.from([bytes], { objectMode: false });
  request.headers = { "content-type": type, "content-length": String(bytes.length) };
  request.method = "POST";
  return new Promise((resolve) => {
    const next = (at) => (error) => {
      if (error) resolve({ refused: error.status ?? 500 });
      else if (at === chain.length) resolve(request.body ?? null);
      else chain[at](request, {}, next(at + 1));
    };
    next(0)();
  });
}

const readers = {
  extended: [express.json(), express.urlencoded({ extended: true })],
  simple: [express.json(), express.urlencoded({ extended: false })],
};

async function answer(line) {
  const { type, body } = JSON.parse(line);
  const bytes = Buffer.from(body, "base64");
  const read_by = {};
  for (const [name, chain] of Object.entries(readers)) read_by[name] = await read(chain, type, bytes);
  // Before its second major version the simple reader was Node's own.
  if (type.startsWith("application/x-www-form-urlencoded")) read_by.former = { ...querystring.parse(bytes.toString()) };
  return JSON.stringify(read_by);
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) console.log(await answer(line));
})();
