import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { runningDaemon, takeDaemonLock } from "../../../src/engine/store/daemon-lock.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { tempHome } from "../../helpers/temp-home.ts";

test("one owner at a time, whom everyone can name; released, the home is free at once", () => {
  using home = tempHome();
  openStore(home.path).close();
  expect(runningDaemon(home.path)).toBeUndefined();
  const lock = takeDaemonLock(home.path, 1_700_000_000_000);
  // The handle must not be collected: bun:sqlite would close it, and the lock would be gone.
  Bun.gc(true);
  expect(runningDaemon(home.path)).toEqual({ pid: process.pid, started_at: 1_700_000_000_000 });
  expect(() => takeDaemonLock(home.path, 0)).toThrow(`pid ${process.pid}, since 2023-11-14T22:13:20.000Z`);
  expect(statSync(join(home.path, "state", "nexus.lock")).mode & 0o777).toBe(0o600);
  lock.release();
  lock.release();
  expect(runningDaemon(home.path)).toBeUndefined();
  takeDaemonLock(home.path, 0).release();
});

test("many starters at once: exactly one gets it", async () => {
  using home = tempHome();
  openStore(home.path).close();
  const starter = `
    import { takeDaemonLock } from ${JSON.stringify(join(import.meta.dir, "../../../src/engine/store/daemon-lock.ts"))};
    try { takeDaemonLock(${JSON.stringify(home.path)}, Date.now()); console.log("won"); } catch (error) { console.log(error.code); }
    for await (const _ of process.stdin) {}
  `;
  const starters = Array.from({ length: 8 }, () => Bun.spawn([process.execPath, "-e", starter], { stdin: "pipe", stdout: "pipe", stderr: "inherit" }));
  const answers = await Promise.all(
    starters.map(async ({ stdout }) => {
      const { value } = await stdout.getReader().read();
      return new TextDecoder().decode(value).trim();
    }),
  );
  for (const child of starters) await child.stdin.end();
  await Promise.all(starters.map(({ exited }) => exited));
  expect(answers.toSorted()).toEqual([...Array.from({ length: 7 }, () => "DAEMON_RUNNING"), "won"]);
}, 20_000);
