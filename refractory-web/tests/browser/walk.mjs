// Walks through the portal as a newcomer would, then looks at every page in other lights and sizes.
// Usage: node walk.mjs CHROMIUM PORTAL SETUP_LINK FOLDER. Prints OPEN when the table may come up; ends with 1 and a list of complaints.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, portal, setup, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const complaints = [];
let now = "the beginning";
mkdirSync(folder, { recursive: true });

// What a page does that it should not.
function watch(page) {
  page.on("console", message => {
    // A table that is off answers 503 on purpose, as a form that is refused answers 422, and a stop that asks first 409.
    const off = message.text().includes("503") && message.location().url.includes(".localhost");
    const refused = /status of (409|422) /.test(message.text());
    if (["error", "warning"].includes(message.type()) && !off && !refused) complaints.push(`${now}: console says "${message.text()}"`);
  });
  page.on("pageerror", error => complaints.push(`${now}: ${error}`));
  page.on("request", request => {
    const host = new URL(request.url()).hostname;
    if (!host.endsWith("localhost") && host !== "127.0.0.1" && !request.url().startsWith("data:")) complaints.push(`${now}: asks ${host}`);
  });
}

// Holds a page to what every page must keep, and takes its picture.
async function look(page, name, where) {
  now = `${name} (${where})`;
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return null;
    const wide = [...document.querySelectorAll("body *")].find(box => box.getBoundingClientRect().right > root.clientWidth + 1);
    return wide ? wide.outerHTML.slice(0, 120) : "something";
  });
  if (over) complaints.push(`${now}: wider than the window: ${over}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of violations) {
    complaints.push(`${now}: ${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 2).map(node => node.html.slice(0, 160)).join(" | ")}`);
  }
  await page.screenshot({ path: join(folder, `${where}-${name}.png`), fullPage: true });
}

const fill = async (page, fields) => { for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value); };
// A field that was refused: it has the focus, and says why.
async function wrong(page, field, sentence) {
  await page.locator(`${field}[aria-invalid=true]`).waitFor();
  const told = await page.evaluate(field => {
    const input = document.querySelector(field);
    const by = (input.getAttribute("aria-describedby") || "").split(" ").map(id => document.getElementById(id)?.textContent);
    return { by: by[0], focused: document.activeElement === input };
  }, field);
  if (told.by !== sentence || !told.focused) complaints.push(`${now}: ${field} says ${JSON.stringify(told)}`);
}
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const password = "correct horse battery";

async function newcomer(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: "light" });
  const page = await context.newPage();
  watch(page);
  await page.goto(setup);
  if (page.url().includes("token")) complaints.push("the secret of the link stays in the address bar");
  await look(page, "01-setup", "light");
  now = "choosing a short password";
  await fill(page, { Name: "anna", Password: "short", "Repeat password": "short" });
  await press(page, "Create account");
  await wrong(page, "#password", "Use at least 12 characters.");
  await fill(page, { Password: "password1234", "Repeat password": "password1234" });
  await press(page, "Create account");
  await wrong(page, "#password", "The password is too easy to guess. Use three or four random words.");
  await look(page, "01-setup-wrong", "light");
  await fill(page, { Name: "anna", Password: password, "Repeat password": password });
  await press(page, "Create account");
  await page.getByRole("heading", { name: "Set up your first game" }).waitFor();
  await look(page, "02-empty", "light");

  now = "adding a release";
  await page.getByRole("link", { name: "Add release" }).click();
  const zip = join(folder, "foundry.zip");
  writeFileSync(zip, `foundry 13.351 ${"x".repeat(400000)}`);
  await page.locator("#archive").setInputFiles(zip);
  const bad = join(folder, "photo.zip");
  writeFileSync(bad, "a holiday photo");
  await page.locator("#archive").setInputFiles(bad);
  await press(page, "Add release");
  await page.getByText("This zip is not a Foundry release.").waitFor();
  await page.locator("#archive").setInputFiles(zip);
  await press(page, "Add release");
  await page.getByText("Foundry 13.351 was added.").waitFor();
  await page.getByRole("heading", { name: "Foundry 13.351" }).waitFor();
  now = "using a URL that leads nowhere";
  await page.getByText("Use a timed URL").click();
  await page.getByLabel("Timed URL").fill("https://unreachable.example/foundry.zip?key=1");
  await press(page, "Download release");
  await wrong(page, "#url", "This address is not foundryvtt.com's.");
  if (await page.locator("#url").inputValue() !== "https://unreachable.example/foundry.zip?key=1") complaints.push("the URL is forgotten");
  await look(page, "03-releases", "light");

  now = "adding a license";
  await page.getByRole("link", { name: "Licenses" }).click();
  await fill(page, { Name: "Club key 1", Key: "ABCD-EFGH-IJKL-MNOP-QRST-1239" });
  await press(page, "Add license");
  await page.getByRole("heading", { name: "Club key 1" }).waitFor();
  await look(page, "04-licenses", "light");

  now = "adding a person";
  await page.getByRole("link", { name: "People" }).click();
  await page.locator("#name").fill("bert");
  await press(page, "Add user");
  await page.getByRole("heading", { name: "Sign-in link for bert" }).waitFor();
  await look(page, "05-people", "light");

  now = "making a table";
  await page.getByRole("link", { name: "Tables", exact: true }).click();
  await page.getByRole("link", { name: "New table" }).click();
  await page.getByLabel("Title").fill("Curse of Strahd");
  const slug = await page.locator("#slug").inputValue();
  if (slug !== "curse-of-strahd") complaints.push(`the title suggests ${slug}`);
  await look(page, "06-new-table", "light");
  await press(page, "Create table");
  await page.getByText("Off", { exact: true }).waitFor();
  await look(page, "07-table-asleep", "light");

  now = "starting it with the keyboard";
  await page.evaluate(() => { document.querySelector("#panel [aria-live]").wasHere = true; });
  await page.getByRole("button", { name: /^Start/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Unpacking the release").waitFor();
  const kept = await page.evaluate(() => [
    document.querySelector("#panel").contains(document.activeElement),
    document.querySelector("#panel [aria-live]").wasHere === true,
  ]);
  if (!kept[0]) complaints.push("the focus is lost after Start");
  if (!kept[1]) complaints.push("the live region of the panel was replaced");
  await look(page, "08-table-starting", "light");
  const player = await context.newPage();
  watch(player);
  const at = new URL(portal);
  await player.goto(`http://curse-of-strahd.localhost:${at.port}/join`);
  await player.getByRole("heading", { name: "Curse of Strahd is starting" }).waitFor();
  await look(player, "09-waiting", "light");
  console.log("OPEN");
  now = "being let in";
  await player.getByRole("heading", { name: "Join the game" }).waitFor();
  await page.getByText("Ready to play").waitFor();
  await look(page, "10-table-on", "light");
  await page.goto(portal);
  await look(page, "11-tables", "light");
  now = "stopping it while people play";
  console.log("SEAT");
  const questions = [];
  let answer = false;
  page.on("dialog", async dialog => { questions.push(dialog.message()); await (answer ? dialog.accept() : dialog.dismiss()); });
  const card = page.locator(".card");
  await card.getByRole("button", { name: /^Stop/ }).click();
  await page.waitForFunction(() => !document.querySelector("[data-key=stop]")?.hasAttribute("aria-disabled"));
  if (questions[0] !== "2 people are playing at Curse of Strahd. Players: Ann, Ben. Stop it and disconnect them?") complaints.push(`the question is ${questions}`);
  await card.getByText("Ready to play").waitFor();
  answer = true;
  console.log("CLOSE");
  await page.evaluate(() => { document.querySelector(".card [aria-live]").wasHere = true; });
  await card.getByRole("button", { name: /^Stop/ }).click();
  await card.getByText("Off", { exact: true }).waitFor();
  console.log("LEAVE");
  now = "starting it from its card with the keyboard";
  await card.getByRole("button", { name: /^Start/ }).focus();
  await page.keyboard.press("Enter");
  await card.getByText("Unpacking the release").waitFor();
  const still = await page.evaluate(() => [
    document.querySelector(".card").contains(document.activeElement),
    document.querySelector(".card [aria-live]").wasHere === true,
  ]);
  if (!still[0]) complaints.push("the focus is lost after Start on a card");
  if (!still[1]) complaints.push("the live region of a card was replaced");
  console.log("OPEN");
  await card.getByText("Ready to play").waitFor();

  now = "changing the colours";
  const stored = page.waitForResponse(answer => answer.url().endsWith("/theme"));
  await page.getByRole("button", { name: "Use dark colors" }).click();
  await page.getByRole("button", { name: "Use light colors" }).waitFor();
  await stored;
  await page.reload();
  await page.getByRole("button", { name: "Use light colors" }).click();

  now = "looking around";
  await page.getByRole("link", { name: "System" }).click();
  await look(page, "12-system", "light");
  await page.goto(`${portal}/account`);
  await look(page, "13-account", "light");
  await context.close();
}

async function elsewhere(browser, where, options, work) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  watch(page);
  now = `signing in (${where})`;
  await page.goto(`${portal}/people`);
  await look(page, "20-sign-in", where);
  await fill(page, { Name: "anna", Password: password });
  await press(page, "Sign in");
  await page.getByRole("heading", { name: "People" }).waitFor();
  now = `a title of one long word (${where})`;
  await page.goto(`${portal}/tables/curse-of-strahd/settings`);
  await fill(page, { Title: "The Donaudampfschifffahrtsgesellschaftskapit\u00e4nsm\u00fctzenabzeichen" });
  await press(page, "Save");
  await page.getByText("Saved.").first().waitFor();
  if (!page.url().endsWith("/tables/curse-of-strahd")) complaints.push(`${now}: another title moved the table to ${page.url()}`);
  const pages = { "21-tables": "/", "22-new-table": "/tables/new", "23-table": "/tables/curse-of-strahd", "24-settings": "/tables/curse-of-strahd/settings",
    "25-licenses": "/licenses", "26-releases": "/releases", "27-people": "/people", "28-system": "/about", "29-account": "/account" };
  for (const [name, path] of Object.entries(pages)) {
    now = `${path} (${where})`;
    await page.goto(portal + path);
    await page.evaluate(() => { for (const more of document.querySelectorAll("details.more")) more.open = true; });
    await look(page, name, where);
    const strange = await page.evaluate(() => [...document.querySelectorAll("time[data-when]")].map(time => `${time.textContent} (${time.title})`)
      .filter(text => !/^(now|\d+ \w+ ago|in \d+ \w+) \([A-Z][a-z]{2} \d+, \d{4}, \d+:\d\d\s[AP]M\)$/.test(text)));
    if (strange.length) complaints.push(`${now}: a moment in another language: ${strange[0]}`);
  }
  if (work) await work(page);
  await context.close();
}

async function farewell(page) {
  now = "stopping";
  await page.goto(`${portal}/tables/curse-of-strahd`);
  await page.getByRole("button", { name: /^Stop/ }).first().click();
  await page.getByText("Off", { exact: true }).waitFor();
  now = "deleting";
  await page.getByRole("link", { name: "Settings" }).click();
  const button = page.getByRole("button", { name: "Delete table and data" });
  if (await button.isEnabled()) complaints.push("a table can be deleted without typing its name");
  await page.getByLabel("Type curse-of-strahd to confirm").fill("curse-of-strahd");
  await button.click();
  await page.getByRole("heading", { name: "Set up your first game" }).waitFor();
  await look(page, "30-gone", "phone");
}

async function withoutScripts(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 740 }, colorScheme: "dark" });
  const page = await context.newPage();
  now = "without scripts";
  await page.goto(portal);
  await fill(page, { Name: "anna", Password: password });
  await press(page, "Sign in");
  await page.getByRole("link", { name: "New table" }).click();
  await page.getByLabel("Title").fill("Friday Night");
  await press(page, "Create table");
  await page.getByRole("button", { name: /^Start/ }).click();
  await page.getByText("Ready to play").waitFor();
  await page.goto(`${portal}/tables/friday-night/settings`);
  await page.getByLabel("Type friday-night to confirm").fill("friday-night");
  await press(page, "Delete table and data");
  await page.getByText("is being deleted").first().waitFor();
  await context.close();
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  await newcomer(browser);
  await elsewhere(browser, "dark", { viewport: { width: 1280, height: 860 }, colorScheme: "dark", locale: "de-DE" });
  await elsewhere(browser, "phone-dark", { viewport: { width: 320, height: 740 }, colorScheme: "dark", reducedMotion: "reduce" });
  await elsewhere(browser, "phone", { viewport: { width: 320, height: 740 }, colorScheme: "light", hasTouch: true }, farewell);
  await withoutScripts(browser);
} catch (error) {
  complaints.push(`${now}: ${error}`);
} finally {
  await browser.close();
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length ? 1 : 0;
