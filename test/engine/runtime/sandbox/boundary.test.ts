import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HookPermissions } from "../../../../src/engine/core/hook-permissions.ts";
import { MECHANISMS, probeMechanism, type Mechanism } from "../../../../src/engine/runtime/sandbox/probe-mechanism.ts";
import type { Isolation } from "../../../../src/engine/runtime/sandbox/isolation.ts";
import { policyOf } from "../../../../src/engine/runtime/sandbox/policy.ts";
import { TestEngine } from "../../../helpers/test-engine.ts";

interface Verdict {
  /** What came of it; undefined when it was refused. */
  readonly value?: unknown;
  readonly error?: string;
}

/** Runs `body` (statements that return a value) as a hook and tells what came of it. */
async function tryOut(t: TestEngine, name: string, body: string, permissions?: HookPermissions): Promise<Verdict> {
  t.register(name, `async (ctx) => { const value = await (async () => { ${body} })(); return { fire: true, context: { data: { value } } }; }`, permissions === undefined ? {} : { permissions });
  await t.messages(1);
  await t.drain();
  const [last] = t.invocations(name).slice(-1);
  const dispatch = t.dispatches().findLast(({ hook_id }) => hook_id === t.hook(name).id);
  t.registry.disable(name, { creator: {} });
  if (last?.outcome !== "fired") return { error: last?.error ?? t.hook(name).last_error ?? `outcome ${last?.outcome}` };
  return { value: (dispatch?.context["data"] as { value?: unknown } | undefined)?.value };
}

const folder = mkdtempSync(join(tmpdir(), "nexus-sandbox-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const secret = join(folder, "secret.txt");
writeFileSync(secret, "the secret");
const quoted = JSON.stringify(secret);

const READS = {
  sync: `return require("node:fs").readFileSync(${quoted}, "utf8")`,
  async: `return await require("node:fs/promises").readFile(${quoted}, "utf8")`,
  bun: `return await Bun.file(${quoted}).text()`,
  fetch: `return await (await fetch("file://" + ${quoted})).text()`,
};
const WRITE = `require("node:fs").writeFileSync(${JSON.stringify(join(folder, "written.txt"))}, "x"); return "written"`;
const connect = (port: number): string => `return await new Promise((resolve, reject) => { const s = require("node:net").connect(${port}, "127.0.0.1", () => { s.destroy(); resolve("connected"); }); s.on("error", reject); })`;
const RUN = `return require("node:child_process").execFileSync("/bin/echo", ["ran"]).toString().trim()`;

async function withEngine(isolation: Isolation, body: (t: TestEngine) => Promise<void>): Promise<void> {
  await using t = await TestEngine.start({ isolation });
  await body(t);
}

function inside(mechanism: Mechanism): Isolation {
  return { mechanism, tried: [] };
}

const NONE: Isolation = { mechanism: "none", tried: [] };
const probes = new Map(await Promise.all(MECHANISMS.map(async (mechanism) => [mechanism, await probeMechanism(mechanism)] as const)));

test("control: without a sandbox every one of these bodies succeeds", async () => {
  using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  await withEngine(NONE, async (t) => {
    for (const [name, body] of Object.entries(READS)) expect(await tryOut(t, `read-${name}`, body)).toEqual({ value: "the secret" });
    expect(await tryOut(t, "writes", WRITE)).toEqual({ value: "written" });
    rmSync(join(folder, "written.txt"));
    expect(await tryOut(t, "connects", connect(server.port))).toEqual({ value: "connected" });
    expect(await tryOut(t, "runs", RUN)).toEqual({ value: "ran" });
    expect(await tryOut(t, "signals", `process.kill(${process.pid}, 0); return "signalled"`)).toEqual({ value: "signalled" });
    expect((await tryOut(t, "environ", `return require("node:fs").readFileSync("/proc/${process.pid}/environ").length > 0`)).value).toBe(true);
    writeFileSync(join(t.home, "config.toml"), "# key");
    expect(await tryOut(t, "state", `return require("node:fs").readFileSync(require("node:path").join(ctx.dbPath, "../../config.toml"), "utf8")`)).toEqual({ value: "# key" });
  });
}, 60_000);

for (const mechanism of MECHANISMS) {
  const probe = probes.get(mechanism);
  describe.skipIf(probe?.works !== true)(`${mechanism} (${probe?.detail})`, () => {
    test("a file that no permission names cannot be read in any way", async () => {
      await withEngine(inside(mechanism), async (t) => {
        for (const [name, body] of Object.entries(READS)) {
          const { value, error } = await tryOut(t, `read-${name}`, body);
          expect(value).toBeUndefined();
          expect(error).toBeDefined();
        }
        expect((await tryOut(t, "told", READS.sync)).error).toContain(`declare permissions.read`);
        for (const [name, body] of Object.entries(READS)) expect(await tryOut(t, `may-${name}`, body, { read: [secret] })).toEqual({ value: "the secret" });
      });
    }, 60_000);

    // switch: mutant landlock-writes
    test("it writes nowhere but in its own TMPDIR, which is gone afterwards", async () => {
      let scratch = "";
      await withEngine(inside(mechanism), async (t) => {
        expect((await tryOut(t, "writes", WRITE)).error).toContain("or permissions.write to write there");
        expect(existsSync(join(folder, "written.txt"))).toBe(false);
        const body = `const { join } = require("node:path"); const fs = require("node:fs"); const at = join(require("node:os").tmpdir(), "mine"); fs.mkdirSync(at); fs.writeFileSync(join(at, "a"), "1"); fs.renameSync(join(at, "a"), join(at, "b")); return fs.readFileSync(join(at, "b"), "utf8") + " " + process.env.TMPDIR;`;
        const { value } = await tryOut(t, "scratch", body);
        expect(value).toMatch(/^1 \//);
        scratch = String(value).slice(2);
        expect(scratch.startsWith(t.home)).toBe(true);
        expect(await tryOut(t, "may-write", WRITE, { write: [folder] })).toEqual({ value: "written" });
        rmSync(join(folder, "written.txt"));
      });
      expect(existsSync(scratch)).toBe(false);
    }, 60_000);

    // switch: mutants landlock-ports, bubblewrap-network
    test("it reaches no network without net, and with it does", async () => {
      using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
      await withEngine(inside(mechanism), async (t) => {
        const refused = await tryOut(t, "connects", connect(server.port));
        expect(refused.value).toBeUndefined();
        expect(refused.error).toContain("declare permissions.net");
        expect((await tryOut(t, "fetches", `return await (await fetch("http://127.0.0.1:${server.port}/")).text()`)).error).toContain("declare permissions.net");
        expect(await tryOut(t, "any", connect(server.port), { net: ["*"] })).toEqual({ value: "connected" });
        expect(await tryOut(t, "port", connect(server.port), { net: [`:${server.port}`] })).toEqual({ value: "connected" });
        if (mechanism === "landlock") expect((await tryOut(t, "other-port", connect(server.port), { net: [":9"] })).error).toContain("only to port 9");
      });
    }, 60_000);

    // switch: mutant landlock-runs
    test("it starts no program but those of run", async () => {
      await withEngine(inside(mechanism), async (t) => {
        expect((await tryOut(t, "runs", RUN)).error).toContain("declare permissions.run");
        expect(await tryOut(t, "may-run", RUN, { run: ["/bin/echo"] })).toEqual({ value: "ran" });
        expect((await tryOut(t, "runs-other", RUN, { run: ["/bin/true"] })).value).toBeUndefined();
      });
    }, 60_000);

    // switch: mutants seccomp-sockets, seccomp-modes, seccomp-runs
    test.skipIf(mechanism !== "landlock")("it has no socket of any kind, no other program, no levers that Landlock does not know", async () => {
      await withEngine(inside(mechanism), async (t) => {
        const call = (number: string, ...args: string[]): string => `const { dlopen, ptr } = require("bun:ffi"); const { symbols } = dlopen("libc.so.6", { syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" } }); return Number(symbols.syscall(${[number, ...args].join(", ")}));`;
        // Datagrams, Unix sockets, vsock: by the system call itself, as no error of a library could tell.
        const socket = process.arch === "x64" ? "41n" : "198n";
        for (const domain of ["2n, 2n", "1n, 1n", "40n, 1n"]) expect(await tryOut(t, `socket-${domain.replaceAll(/\D+/g, "-")}x`, call(socket, domain, "0n"))).toEqual({ value: -1 });
        expect((await tryOut(t, "changes-mode", `require("node:fs").chmodSync(${quoted}, 0o666); return 1`)).value).toBeUndefined();
        expect((await tryOut(t, "itself", `return require("node:child_process").execFileSync(process.execPath, ["--version"]).toString()`)).value).toBeUndefined();
      });
    }, 60_000);

    // switch: mutants landlock-signals, own-folder
    test("the daemon cannot be signalled, its environment and nexus's other files cannot be read", async () => {
      await withEngine(inside(mechanism), async (t) => {
        writeFileSync(join(t.home, "config.toml"), "# key");
        writeFileSync(join(t.home, "state", "daemon.json"), "{}");
        expect((await tryOut(t, "signals", `process.kill(${process.pid}, 0); return "signalled"`)).value).toBeUndefined();
        expect((await tryOut(t, "environ", `return require("node:fs").readFileSync("/proc/${process.pid}/environ").length`)).value).toBeUndefined();
        for (const file of ["../../config.toml", "../daemon.json"]) {
          const body = `return require("node:fs").readFileSync(require("node:path").join(ctx.dbPath, ${JSON.stringify(file)}), "utf8")`;
          expect((await tryOut(t, file.endsWith("toml") ? "config" : "owner", body)).value).toBeUndefined();
        }
        // Not even through a permission for a link that was harmless when the hook was registered.
        const link = join(folder, `link-${mechanism}`);
        symlinkSync(folder, link);
        const body = `const fs = require("node:fs"); return fs.readFileSync(${JSON.stringify(link)} + "/" + (fs.existsSync(${JSON.stringify(link)} + "/secret.txt") ? "secret.txt" : "config.toml"), "utf8")`;
        expect(await tryOut(t, "harmless", body, { read: [link] })).toEqual({ value: "the secret" });
        rmSync(link);
        symlinkSync(t.home, link);
        expect(() => t.register("swapped", "() => ({ fire: false })", { permissions: { read: [link] } })).toThrow("nexus's own folder");
        expect(policyOf({ read: [link], write: [t.home, tmpdir()] }, { state: join(t.home, "state") })).not.toMatchObject({ read: expect.arrayContaining([link]) });
        expect(policyOf({ write: [t.home, tmpdir()] }, { state: join(t.home, "state") }).write).toEqual(["/dev/null", "/dev/zero"]);
        expect((await tryOut(t, "truncates", `require("node:fs").truncateSync(ctx.dbPath, 0); return 1`)).value).toBeUndefined();
        expect((await tryOut(t, "removes", `require("node:fs").unlinkSync(ctx.dbPath); return 1`)).value).toBeUndefined();
      });
    }, 60_000);

    test("what hooks are promised works: the database, modules, Workers, wasm, crypto, zones", async () => {
      await withEngine(inside(mechanism), async (t) => {
        const bodies: Record<string, readonly [string, unknown]> = {
          ledger: [`return ctx.ledger.query("SELECT count(*) AS n FROM events")[0].n > 0`, true],
          path: [`const db = new (require("bun:sqlite").Database)(ctx.dbPath, { readonly: true }); return db.query("SELECT count(*) AS n FROM events").get().n > 0`, true],
          shim: [`const D = globalThis[Symbol.for("nexus.modules")]["better-sqlite3"]; const db = new D.Database(ctx.dbPath, { readonly: true }); return db.prepare("SELECT count(*) AS n FROM events").get().n > 0`, true],
          zones: [`return new Intl.DateTimeFormat("de-DE", { timeZone: "Europe/Berlin", dateStyle: "long", timeStyle: "short" }).format(0)`, "1. Januar 1970 um 01:00"],
          crypto: [`return require("node:crypto").createHash("sha256").update("a").digest("hex").slice(0, 8) + crypto.randomUUID().length`, "ca97811236"],
          wasm: [`const m = await WebAssembly.instantiate(new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11])); return m.instance.exports.f()`, 42],
          worker: [`const { Worker } = require("node:worker_threads"); const w = new Worker("require('node:worker_threads').parentPort.postMessage(7)", { eval: true }); return await new Promise((resolve, reject) => { w.on("message", resolve); w.on("error", reject); })`, 7],
          machine: [`const os = require("node:os"); return os.cpus().length > 0 && os.totalmem() > 0 && process.memoryUsage().rss > 0`, true],
          gzip: [`return Bun.gunzipSync(Bun.gzipSync(Buffer.from("abc"))).length`, 3],
        };
        for (const [name, [body, value]] of Object.entries(bodies)) expect([name, await tryOut(t, name, body)]).toEqual([name, { value }]);
      });
    }, 60_000);

    test("the database is read beside writes and checkpoints, always whole", async () => {
      await withEngine(inside(mechanism), async (t) => {
        t.register("reads", `(ctx) => { const [{ n, m }] = ctx.ledger.query("SELECT count(*) AS n, max(seq) AS m FROM events"); return { fire: n !== m || n < 1, context: { data: { n, m } } }; }`);
        for (let round = 0; round < 20; round += 1) {
          await t.burst(25);
          t.store.db.run(`PRAGMA wal_checkpoint(${round % 2 === 0 ? "PASSIVE" : "TRUNCATE"})`);
        }
        await t.drain();
        expect(new Set(t.outcomes("reads"))).toEqual(new Set(["no_fire"]));
        expect(t.outcomes("reads")).toHaveLength(500);
      });
    }, 60_000);

    test("after the engine no evaluator and no scratch folder is left", async () => {
      await using t = await TestEngine.start({ isolation: inside(mechanism) });
      t.register("plain", `() => ({ fire: false })`);
      t.register("other", `() => ({ fire: false })`, { permissions: { net: ["*"] } });
      await t.messages(1);
      await t.drain();
      const pids = t.engine.status.evaluator_pids;
      expect(pids).toHaveLength(2);
      for (const pid of pids) expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("__evaluator");
      await t.engine[Symbol.asyncDispose]();
      expect(readdirSync(join(t.home, "state", "scratch"))).toEqual([]);
    }, 30_000);
  });
}
