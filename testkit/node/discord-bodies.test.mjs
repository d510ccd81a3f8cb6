// The check itself: what Discord describes passes, and what it does not is found.
import assert from "node:assert/strict";
import test from "node:test";
import { wrong } from "./discord-bodies.mjs";

const callback = (body) => wrong({ method: "POST", path: "/interactions/1/t/callback", body });
const modal = (title) => ({
  type: 9,
  data: { title, custom_id: "m", components: [{ type: 1, components: [{ type: 4, style: 1, custom_id: "n", label: "N" }] }] },
});

test("a modal passes, and one with too long a title does not", () => {
  assert.equal(callback(modal("Settings")), null);
  assert.notEqual(callback(modal("x".repeat(46))), null);
});

test("bits of permissions may be texts", () => {
  const body = { name: "x", permission_overwrites: [{ id: "1", type: 0, allow: "1024", deny: "0" }] };
  assert.equal(wrong({ method: "POST", path: "/guilds/1/channels", body }), null);
});

test("a field of the wrong type is found", () => {
  assert.notEqual(wrong({ method: "POST", path: "/channels/1/messages", body: { content: "x", embeds: "none" } }), null);
});

test("a request that is not listed is found", () => {
  assert.match(wrong({ method: "POST", path: "/guilds/1/bans", body: {} }), /no operation/);
});
