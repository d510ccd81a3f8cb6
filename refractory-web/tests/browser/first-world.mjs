// The main job in a browser: from a release archive to two people in a world that was made here.
// Usage: node first-world.mjs CHROMIUM PORTAL FIRST_LINK ARCHIVE FOLDER. Ends with 1 and a list of complaints.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, portal, firstLink, archive, folder] = process.argv.slice(2);
const port = new URL(portal).port;
const byPath = process.env.BY_PATH === "yes";
const table = byPath ? `${portal}/friday-night` : `http://friday-night.localhost:${port}`;
const password = "vermilion oxen paint nine lanterns";
const complaints = [];
let now = "the beginning";
mkdirSync(folder, { recursive: true });

const expect = (good, words) => { if (!good) complaints.push(`${now}: ${words}`); };
const see = (page, text) => page.getByText(text, { exact: false }).first().waitFor({ timeout: 60000 });
const picture = (page, name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
const form = (page, action) => page.locator(`form[action="${action}"]`);
const ours = async context => (await context.cookies(table)).filter(cookie => cookie.name.includes("refractory_foundry_setup"));

async function account(page) {
  now = "the first account";
  await page.goto(firstLink);
  await page.locator("#name").fill("anna");
  await page.locator("#password").fill(password);
  await page.locator("#again").fill(password);
  await form(page, "/setup").locator("button").click();
  await page.locator('a[href="/account"]').first().waitFor({ state: "attached" });
}

async function stock(page) {
  now = "the release";
  await page.goto(`${portal}/releases`);
  await page.locator("#archive").setInputFiles(archive);
  await page.locator("[data-send]").click();
  await page.locator("h2", { hasText: /^Foundry \d+\.\d+/ }).waitFor({ timeout: 60000 });
  now = "the license";
  await page.goto(`${portal}/`);
  await page.locator('nav a[href^="/licen"]').click();
  await page.locator("#name").fill("Club key");
  await page.locator("#key").fill("ABCD-EFGH-IJKL-MNOP-QRST-UVWX");
  await page.locator('input[name="agree"]').check();
  await page.locator("#key").press("Enter");
  await page.locator("h2", { hasText: "Club key" }).waitFor();
}

async function newTable(page) {
  now = "the table";
  await page.goto(`${portal}/tables/new`);
  await page.locator("#title").fill("Friday Night");
  await form(page, "/tables").locator("button.primary").click();
  await page.locator('[data-key="start"]').click();
  now = "its start";
  await see(page, "In Foundry's setup");
  await picture(page, "01-in-setup");
  const text = await page.locator("main").innerText();
  expect(!text.includes("Ready to play"), "a table without a world claims to be ready to play");
  expect(await page.locator('[data-key="open"]').count() === 0, "there is a way in where nobody can play");
  await page.goto(portal);
  await see(page, "In Foundry's setup");
}

// Nobody gets to Foundry's setup by its address alone: not a player, and not the administrator either.
async function closed(browser, anna) {
  now = "the closed setup";
  const stranger = await browser.newContext();
  const pages = [await stranger.newPage(), await anna.newPage()];
  for (const page of pages) {
    for (const path of ["/setup", "/auth", "/license", "/"]) {
      await page.goto(table + path);
      await see(page, "Foundry's setup is closed here. Manage the table in the portal.");
    }
    await page.close();
  }
  await stranger.close();
}

async function enter(context, page) {
  now = "the way into the setup";
  await page.goto(`${portal}/tables/friday-night`);
  await page.locator('[data-key="set-up"]').click();
  await page.waitForURL(/_refractory\/setup\/friday-night$/);
  expect(!page.url().includes("ticket"), "the ticket stays in the address bar");
  await see(page, "anna");
  await picture(page, "02-enter");
  const [answer] = await Promise.all([
    page.waitForResponse(answer => answer.request().method() === "POST"),
    page.locator("main form button").click(),
  ]);
  expect(answer.status() === 303, `the exchange answered ${answer.status()}`);
  await page.waitForURL(`${table}/setup`);
  await see(page, "the administrator");
  expect(await page.locator('input[type="password"]').count() === 0, "the administrator's password is asked for");
  const [pass] = await ours(context);
  expect(pass?.httpOnly && pass?.sameSite === "Strict", `the pass is ${JSON.stringify(pass)}`);
  const readable = await page.evaluate(() => document.cookie);
  expect(!readable.includes("refractory"), `a page of the table can read ${readable}`);
}

// Foundry saves its settings and exits: that is a restart, and the same browser goes on.
async function settings(context, page) {
  now = "saving the settings";
  await page.locator("#language").fill("de.core");
  await page.locator("#configure button").click();
  await see(page, "The settings are saved");
  await picture(page, "03-saved");
  await page.waitForFunction(async () => {
    const status = await fetch(`${document.body.dataset.prefix}/api/status`).catch(() => null);
    return !status?.ok;
  }, null, { timeout: 60000, polling: 100 });
  await page.goto(`${table}/setup`);
  for (let n = 0; n < 200 && !await page.locator("#configure").count(); n += 1) {
    await page.waitForTimeout(300);
    await page.goto(`${table}/setup`).catch(() => {});
  }
  await see(page, "the administrator");
  expect(await page.locator("#language").inputValue() === "de.core", "the settings are not what was saved");
  expect((await ours(context)).length === 1, "the pass did not outlive the restart");
  const watcher = await context.newPage();
  await watcher.goto(`${portal}/tables/friday-night`);
  const text = await watcher.locator("main").innerText();
  expect(await watcher.locator(".trouble").count() === 0, "a restart that was asked for is shown as trouble");
  expect(!/ended|started again|lost/.test(text.replace(/starts again/g, "")), `the page speaks of a loss: ${text}`);
  await watcher.close();
}

async function world(context, page) {
  now = "making a world";
  await page.locator("#system-id").fill("dice");
  await page.locator("#install-system button").click();
  await page.locator("#world-system option", { hasText: "dice" }).waitFor({ state: "attached" });
  await page.locator("#world-title").fill("The Sunless Keep");
  await page.locator("#world-id").fill("sunless-keep");
  await page.locator("#create-world button").click();
  await page.locator('[data-world="sunless-keep"]').waitFor();
  const watcher = await context.newPage();
  await watcher.goto(`${portal}/tables/friday-night`);
  await see(watcher, "The Sunless Keep");
  await picture(watcher, "04-listed");
  await watcher.close();
  now = "opening it";
  await page.locator('[data-world="sunless-keep"]').click();
  await page.waitForURL(`${table}/join`, { timeout: 60000 });
  now = "the end of the pass";
  expect((await ours(context)).length === 0, "the pass outlives the opening of a world");
  for (const path of ["/setup", "/auth"]) {
    const answer = await page.evaluate(async path => (await fetch(document.body.dataset.prefix + path)).status, path);
    expect(answer === 403, `${path} answers ${answer} while a world is open`);
  }
}

async function choose(page) {
  now = "opening it at every start";
  await page.goto(`${portal}/tables/friday-night`);
  await see(page, "Ready to play");
  await see(page, "Open automatically at every start");
  await form(page, "/tables/friday-night/world").locator("button").click();
  await see(page, "Opens at every start");
  await picture(page, "05-chosen");
}

const sitDown = async (page, name) => {
  await page.goto(`${table}/join`);
  await page.locator("label.user", { hasText: name }).click();
  await page.locator("#join-game button").click();
  await page.waitForURL(`${table}/game`);
};

async function play(browser, anna) {
  now = "the game master's chair";
  const master = await anna.newPage();
  await sitDown(master, "Gamemaster");
  await master.locator("#state", { hasText: "at the table" }).waitFor();
  await master.evaluate(async () => {
    const data = [{ name: "Ann", role: 1 }];
    await socket.ask("modifyDocument", { type: "User", action: "create", data, operation: { data, parent: null } });
  });
  now = "the player's chair";
  const other = await browser.newContext();
  const player = await other.newPage();
  await sitDown(player, "Ann");
  await player.locator("#state", { hasText: "2 at the table" }).waitFor();
  await master.locator("#state", { hasText: "2 at the table" }).waitFor();
  await player.locator("#words").fill("Here I am.");
  await player.locator("#say button").click();
  await master.locator("#log", { hasText: "Here I am." }).waitFor();
  await picture(master, "06-playing");
  now = "the setup in the middle of a game";
  for (const page of [master, player]) {
    const answer = await page.evaluate(async () => (await fetch(`${document.body.dataset.prefix}/setup`)).status);
    expect(answer === 403, `a page of the game reaches the setup: ${answer}`);
  }
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 } });
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  page.on("pageerror", error => complaints.push(`${now}: ${error}`));
  await account(page);
  await stock(page);
  await newTable(page);
  await closed(browser, context);
  await enter(context, page);
  await settings(context, page);
  await world(context, page);
  await choose(page);
  await play(browser, context);
} catch (error) {
  complaints.push(`${now}: ${error}`);
} finally {
  await browser.close();
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length ? 1 : 0;
