import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { endMarked, isAlive, markOf } from "../../../../src/engine/broker/runners/process-mark.ts";
import { fake, gone, lives, TurnDesk } from "./turn-desk.ts";

/** A process that leads a group of its own and has a child in it. */
function spawnLeader(): { readonly child: Bun.Subprocess<"ignore", "pipe">; [Symbol.dispose](): void } {
  const child = Bun.spawn(["sh", "-c", "sleep 1000 & echo $!; wait"], { detached: true, stdin: "ignore", stdout: "pipe" });
  return {
    child,
    [Symbol.dispose]: () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It was ended.
      }
    },
  };
}

// C25: a daemon that is started anew knows the process that the one before had started.
test("a marked process is ended with its group", async () => {
  using leader = spawnLeader();
  const mark = markOf(leader.child.pid);
  if (mark === undefined) throw new Error("no mark");
  expect(mark).toEqual({ pid: leader.child.pid, pgid: leader.child.pid, started: expect.stringMatching(/^[0-9a-f-]{36}\/\d+$/) });
  expect(isAlive(mark)).toBe(true);
  const { value } = await leader.child.stdout.getReader().read();
  const follower = Number(new TextDecoder().decode(value));
  expect(lives(follower)).toBe(true);
  expect(await endMarked(mark)).toBe(true);
  await leader.child.exited;
  expect(leader.child.signalCode).toBe("SIGKILL");
  expect(await gone(follower)).toBe(true);
  expect(isAlive(mark)).toBe(false);
  expect(await endMarked(mark)).toBe(false);
});

test("a process that was given the pid later, or leads no group, is left alone", async () => {
  using leader = spawnLeader();
  const mark = markOf(leader.child.pid);
  if (mark === undefined) throw new Error("no mark");
  const [boot, ticks] = mark.started.split("/");
  for (const started of [`${boot}/${Number(ticks) + 1}`, `00000000-0000-0000-0000-000000000000/${ticks}`, ""]) {
    expect(isAlive({ ...mark, started })).toBe(false);
    expect(await endMarked({ ...mark, started })).toBe(false);
  }
  expect(await endMarked({ ...mark, pgid: 0 })).toBe(false);
  expect(await endMarked({ ...mark, pgid: 1 })).toBe(false);
  expect(isAlive(mark)).toBe(true);
});

test("there is no mark of a process that is gone", async () => {
  const child = Bun.spawn(["true"]);
  await child.exited;
  expect(markOf(child.pid)).toBeUndefined();
});

test("what left the group of a turn is found by the turn's name", async () => {
  using desk = new TurnDesk();
  const turn = desk.start({ command: fake("sleeps"), start_timeout_ms: 3_600_000 }, { turn_id: "turn_marked" });
  const [mark] = turn.marks;
  if (mark === undefined) throw new Error("no mark");
  // Whoever started it goes on in the middle of its exec, when its environment is not there yet.
  while (!readFileSync(`/proc/${mark.pid}/environ`, "utf8").includes("turn_marked")) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(await endMarked({ ...mark, started: "" }, "turn_marke")).toBe(false);
  expect(await endMarked({ ...mark, started: "" }, "turn_marked")).toBe(true);
  expect(await turn.ended).toMatchObject({ code: "AGENT_EXITED", message: expect.stringContaining("SIGKILL"), retryable: true });
  expect(await gone(mark.pid)).toBe(true);
});
