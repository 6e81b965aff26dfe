import { expect, test } from "bun:test";
import { DaemonProcess } from "../faults/daemon-process.ts";
import { BINARY, runProgram } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";

const STARTERS = 20;

interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

// switch: mutant lock-not-taken
test("20 starters at once, on a home that is not there yet and on one that is: one wins, the others name it", async () => {
  using home = tempHome();
  for (let round = 0; round < 2; round += 1) {
    const begun = new Date();
    const starters = Array.from({ length: STARTERS }, () => new DaemonProcess(BINARY, home.path));
    try {
      const first = await Promise.any(starters.map(async (starter) => (await starter.until("started"), starter)));
      const losers = starters.filter((starter) => starter !== first);
      expect(await Promise.all(losers.map((loser) => loser.ended()))).toEqual(losers.map(() => 5));
      for (const loser of losers) {
        const { error } = JSON.parse(await loser.stderr) as Refusal;
        expect(error.code).toBe("DAEMON_RUNNING");
        const [, pid, since] = /pid (\d+), since (\S+)$/.exec(error.message) ?? [];
        expect(Number(pid)).toBe(first.process.pid);
        expect(new Date(since ?? 0).getTime()).toBeGreaterThanOrEqual(begun.getTime());
      }
      expect(first.process.exitCode).toBeNull();
    } finally {
      await Promise.all(starters.map((starter) => starter[Symbol.asyncDispose]()));
    }
  }
}, 60_000);

test("killed, the next one starts at once; stopped, it still is the owner, and a second is refused in good time", async () => {
  using home = tempHome();
  const first = new DaemonProcess(BINARY, home.path);
  await first.until("started");
  await first.end("SIGKILL");
  await using second = new DaemonProcess(BINARY, home.path);
  expect(await second.until("started")).toMatchObject({ last_stop: "unclean", database_check: "after an unclean stop" });
  second.process.kill("SIGSTOP");
  const asked = performance.now();
  const refused = await runProgram(BINARY, home.path, ["serve", "--json"]);
  // 50 ms for the lock, 80 at most for the owner's name; the rest is the start of a process on a busy machine.
  expect(performance.now() - asked).toBeLessThan(5_000);
  expect(refused.code).toBe(5);
  expect(refused.err).toContain(`pid ${second.process.pid}, since `);
  const emitted = await runProgram(BINARY, home.path, ["events", "emit", "--content", "x", "--json"]);
  expect(emitted.code).toBe(0);
  second.process.kill("SIGCONT");
  expect(await second.end("SIGTERM")).toBe(0);
}, 30_000);
