// Measures classic-level on whatever file system FOLDER lies. Usage: node measure.js VERB FOLDER [..]
const { ClassicLevel } = require('classic-level');
const fs = require('fs'), path = require('path');
const [verb, folder, ...rest] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;
const say = (name, ms, more = {}) => console.log(JSON.stringify({ name, ms: Math.round(ms * 10) / 10, ...more }));
const doc = (n, size) => JSON.stringify({ _id: String(n).padStart(16, '0'), name: 'x', system: 'ab1'.repeat(size / 3) });
const open = async (name) => {
  const db = new ClassicLevel(path.join(folder, name), { valueEncoding: 'utf8' });
  await db.open();
  return db;
};
const all = (count, prefix) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const timed = async (name, work, more) => { const t = now(); const r = await work(); say(name, now() - t, more); return r; };

async function world() { // 20 collections and 60 packs, as a world of a large system has
  const names = [...all(20, 'data-'), ...all(60, 'pack-')];
  const fill = await timed('create 80 databases', () => Promise.all(names.map(open)));
  await timed('fill: 80 x 250 documents of 2 KiB, one batch each', () => Promise.all(fill.map((db) =>
    db.batch(Array.from({ length: 250 }, (_, n) => ({ type: 'put', key: `!d!${n}`, value: doc(n, 2048) }))))));
  await timed('close 80', () => Promise.all(fill.map((db) => db.close())));
  const dbs = await timed('open 80', () => Promise.all(names.map(open)));
  await timed('read everything: 20 000 documents', async () => {
    for (const db of dbs) for await (const _ of db.iterator()) ;
  });
  const lat = [];
  const chat = dbs[0];
  const t = now();
  for (let n = 0; n < 1000; n++) { const s = now(); await chat.put(`!m!${n}`, doc(n, 1024)); lat.push(now() - s); }
  const total = now() - t;
  lat.sort((a, b) => a - b);
  say('1 000 single writes in turn, unsynced', total, { p50: +lat[500].toFixed(2), p99: +lat[990].toFixed(2), max: +lat[999].toFixed(1) });
  const synced = [];
  for (let n = 0; n < 100; n++) { const s = now(); await chat.put(`!s!${n}`, doc(n, 1024), { sync: true }); synced.push(now() - s); }
  synced.sort((a, b) => a - b);
  say('100 single writes in turn, synced', synced.reduce((a, b) => a + b), { p50: +synced[50].toFixed(2), p99: +synced[98].toFixed(1) });
  await timed('write 40 MiB in batches (scene import)', async () => {
    for (let n = 0; n < 40; n++) await dbs[1].batch(Array.from({ length: 64 }, (_, k) => ({ type: 'put', key: `!b!${n}.${k}`, value: doc(k, 16384) })));
  });
  await timed('compact that database whole', () => dbs[1].compactRange('\x00', '\xff'));
  await timed('compact the other 79', async () => { for (const [i, db] of dbs.entries()) if (i !== 1) await db.compactRange('\x00', '\xff'); });
  await timed('close 80 again', () => Promise.all(dbs.map((db) => db.close())));
  await timed('open, read, close one', async () => { const db = await open('data-1'); let n = 0; for await (const _ of db.iterator()) n++; await db.close(); });
}
async function hold() { // opens, says so, writes on until it is killed, and says what it wrote
  const db = await open('held');
  for (let n = 0; ; n++) { await db.put(`!h!${String(n).padStart(8, '0')}`, doc(n, 512)); fs.writeSync(1, `${n}\n`); await new Promise((r) => setTimeout(r, 5)); }
}
async function tryOpen() { // tries until it opens; says how often it was refused, how long it took, and how many entries there are
  const t = now(); let refused = 0, last = '';
  for (;;) {
    try {
      const db = await open('held'); let n = 0, lastKey = ''; for await (const k of db.keys()) { n++; lastKey = k; }
      await db.put('!z!', 'taken over'); await db.close();
      return say('taken over', now() - t, { refused, last, entries: n, lastKey });
    } catch (e) {
      refused++; last = (e.cause && (e.cause.code || e.cause.message)) || e.code;
      if (now() - t > Number(rest[0] || 0) * 1000) return say('not taken over', now() - t, { refused, last });
      await new Promise((r) => setTimeout(r, 500));
    }
  }
}
async function lockdir() { // proper-lockfile as the program uses it: a folder whose time moves every 5 s
  const lockfile = require('proper-lockfile');
  fs.writeFileSync(path.join(folder, 'options.json'), '{}');
  await lockfile.lock(path.join(folder, 'options.json'), { stale: 10000, onCompromised: (e) => { console.log('compromised', e.code, e.message); process.exit(3); } });
  console.log('locked'); setTimeout(() => process.exit(0), Number(rest[0]) * 1000);
}
async function watchlock() { // how old the lock looks from here, second by second
  const end = Date.now() + Number(rest[0]) * 1000; let worst = 0;
  while (Date.now() < end) { const age = (Date.now() - fs.statSync(path.join(folder, 'options.json.lock')).mtimeMs) / 1000; worst = Math.max(worst, age); await new Promise((r) => setTimeout(r, 1000)); }
  const lockfile = require('proper-lockfile');
  let taken; try { await lockfile.lock(path.join(folder, 'options.json'), { stale: 10000, realpath: false }); taken = true; } catch (e) { taken = e.code; }
  console.log(JSON.stringify({ name: 'lock seen by the other client', oldest_s: +worst.toFixed(1), takes_it: taken }));
  process.exit(0);
}
({ world, hold, try: tryOpen, lockdir, watchlock })[verb]().catch((e) => { console.log('FAILED', verb, e.code, e.message, e.cause && e.cause.message); process.exit(1); });
