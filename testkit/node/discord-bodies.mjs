// Holds the bodies of requests that tests sent to the Discord stand-in against Discord's own description of its API.
// Usage: node discord-bodies.mjs FOLDER, where tests wrote one JSON object a line: method, path, body.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";
import * as spec from "discord-api-spec/zod";

const message = [spec.MessageCreateRequestSchema];
const webhook = [spec.IncomingWebhookUpdateRequestPartialSchema, spec.IncomingWebhookRequestPartialSchema];

// The operations that a bot of ours may use: anything else that was recorded is reported, so that this list grows with the bot.
const OPERATIONS = [
  ["POST", "/channels/*/messages", message],
  ["PATCH", "/channels/*/messages/*", [spec.MessageEditRequestPartialSchema]],
  ["POST", "/channels/*/messages/bulk-delete", [z.object({ messages: z.array(z.string()) })]],
  ["PATCH", "/channels/*", [spec.UpdateGuildChannelRequestPartialSchema, spec.UpdateThreadRequestPartialSchema]],
  ["POST", "/channels/*/threads", [spec.CreateTextThreadWithoutMessageRequestSchema]],
  ["POST", "/channels/*/messages/*/threads", [spec.CreateTextThreadWithMessageRequestSchema]],
  ["PUT", "/channels/*/permissions/*", [z.object({ type: z.literal([0, 1]), allow: z.optional(z.int()), deny: z.optional(z.int()) })]],
  ["POST", "/guilds/*/channels", [spec.CreateGuildChannelRequestSchema]],
  ["PATCH", "/guilds/*/channels", [z.array(z.object({ id: z.string(), position: z.nullish(z.int()), parent_id: z.nullish(z.string()), lock_permissions: z.nullish(z.boolean()) }))]],
  ["POST", "/guilds/*/roles", [spec.CreateRoleRequestSchema]],
  ["PATCH", "/guilds/*/roles/*", [spec.UpdateRoleRequestPartialSchema]],
  ["POST", "/users/@me/channels", [spec.CreatePrivateChannelRequestSchema]],
  ["POST", "/interactions/*/*/callback", [
    spec.CreateMessageInteractionCallbackRequestSchema, spec.UpdateMessageInteractionCallbackRequestSchema,
    spec.ModalInteractionCallbackRequestSchema, spec.ApplicationCommandAutocompleteCallbackRequestSchema,
  ]],
  ["POST", "/webhooks/*/*", webhook],
  ["PATCH", "/webhooks/*/*/messages/*", [spec.IncomingWebhookUpdateRequestPartialSchema]],
  ["PUT", "/applications/*/commands", [z.array(spec.ApplicationCommandUpdateRequestSchema)]],
  ["PUT", "/applications/*/guilds/*/commands", [z.array(spec.ApplicationCommandUpdateRequestSchema)]],
  ["POST", "/applications/*/commands", [spec.ApplicationCommandCreateRequestSchema]],
  ["POST", "/applications/*/guilds/*/commands", [spec.ApplicationCommandCreateRequestSchema]],
  ["PATCH", "/applications/*/commands/*", [spec.ApplicationCommandPatchRequestPartialSchema]],
];

// Where the description is narrower than Discord's documentation and servers are: what is sent is changed before it is compared.
const EXCEPTIONS = [
  {
    reason: "the documentation has bits of permissions as texts, as every library sends them; the description has integers",
    change: (key, value) => (["allow", "deny", "permissions", "default_member_permissions"].includes(key) && /^\d+$/.test(value) ? Number(value) : value),
  },
];

function changed(value, key = "") {
  if (Array.isArray(value)) return value.map((it) => changed(it));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, changed(it, name)]));
  return EXCEPTIONS.reduce((it, exception) => (typeof it === "string" ? exception.change(key, it) : it), value);
}

function matches(path, pattern) {
  const [parts, wanted] = [path.split("/"), pattern.split("/")];
  return parts.length === wanted.length && wanted.every((want, at) => want === "*" || want === parts[at]);
}

/** What is wrong with one recorded request; null if nothing is. */
export function wrong({ method, path, body }) {
  const operation = OPERATIONS.find(([verb, pattern]) => verb === method && matches(path, pattern));
  if (!operation) return "no operation is listed for it: add it with its schema";
  const results = operation[2].map((schema) => z.safeParse(schema, changed(body)));
  if (results.some((result) => result.success)) return null;
  return results.map((result) => z.prettifyError(result.error)).join("\nor\n");
}

function recorded(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

function main(folder) {
  let requests = [];
  try {
    requests = recorded(folder);
  } catch (error) {
    console.error(`${folder} cannot be read: ${error.message}`);
  }
  if (!requests.length) {
    console.error("Nothing was recorded: run the tests of the Discord stand-in and of the bot first.");
    return 1;
  }
  const failed = requests.map((request) => [request, wrong(request)]).filter(([, why]) => why);
  for (const [request, why] of failed.slice(0, 20)) {
    console.error(`${request.method} ${request.path}\n${JSON.stringify(request.body)}\n${why}\n`);
  }
  console.log(`${requests.length} bodies of requests, ${failed.length} not as Discord describes them.`);
  return failed.length ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exit(main(process.argv[2] ?? ""));
