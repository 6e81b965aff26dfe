import { expect, test } from "bun:test";
import { bytes, judge, span, type Finding, type Grade } from "../../../src/engine/pipeline/health.ts";
import type { HomeFacts } from "../../../src/engine/store/home-facts.ts";

const NOW = 1_769_563_800_000;
const MINUTE = 60_000;
const GB = 2 ** 30;

const WELL: HomeFacts = {
  now: NOW,
  daemon: { pid: 7, started_at: NOW - 60 * MINUTE, heartbeat_at: NOW - 3_000, stopped: false, child_pids: [] },
  backlog: { events: 0 },
  sources: [],
  hooks: { active: 3, paused: 0, disabled: 1, errored: 0 },
  last_hour: { invocations: 1_000, errors: 10 },
  dispatches: { pending: 4, running: 0, failed_last_hour: 0, dead_last_hour: 0, lost_last_hour: 0 },
  refs: { webhooks_pending: 0, runs_pending: 0, runs_running: 0, webhooks_dead_last_hour: 0, runs_failed_last_hour: 0 },
  storage: { bytes: GB, used_bytes: GB / 2, free_bytes: GB / 2, wal_bytes: 0, incremental_vacuum: true, max_bytes: 10 * GB, wal_limit_bytes: GB / 16, scripts: 3, scripts_bytes: 300, disk_free_bytes: 50 * GB },
  rows: { events: 1, invocations: 1, notices: 1 },
};
const daemon = (parts: Partial<NonNullable<HomeFacts["daemon"]>>): Partial<HomeFacts> => ({ daemon: { pid: 7, started_at: NOW - 60 * MINUTE, heartbeat_at: NOW - 3_000, stopped: false, child_pids: [], ...parts } });
const storage = (parts: Partial<HomeFacts["storage"]>): Partial<HomeFacts> => ({ storage: { ...WELL.storage, ...parts } });

test("all is well", () => {
  expect(judge(WELL)).toEqual({
    verdict: "healthy",
    findings: [
      { side: "liveness", grade: "healthy", evidence: "pid 7, up 1h 0m, last commit 3s ago" },
      { side: "flow", grade: "healthy", evidence: "every event is evaluated" },
      { side: "execution", grade: "healthy", evidence: "3 hooks active, 10 of 1000 failed in the last hour, 4 to dispatch" },
      { side: "storage", grade: "healthy", evidence: "512 MB of 10 GB, log 0 KB of 64 MB, 50 GB free" },
    ],
  });
});

// switch: mutant silent-is-down
test.each<[string, Partial<HomeFacts>, Finding["side"], Grade, string]>([
  ["no daemon", { daemon: undefined as never }, "liveness", "down", "no daemon runs"],
  ["stopped by a signal", daemon({ stopped: true }), "liveness", "down", "pid 7 is stopped"],
  ["silent for three minutes", daemon({ heartbeat_at: NOW - 3 * MINUTE }), "liveness", "down", "does not answer: last commit 3m ago"],
  ["an event waits that it never looked at", { ...daemon({ heartbeat_at: NOW - 40_000 }), backlog: { events: 1, oldest_at: NOW - 20_000 } }, "liveness", "down", "does not answer"],
  ["behind for two minutes", { backlog: { events: 900, oldest_at: NOW - 2 * MINUTE } }, "flow", "degraded", "900 events not evaluated, the oldest for 2m"],
  ["behind for a quarter of an hour", { backlog: { events: 1, oldest_at: NOW - 15 * MINUTE } }, "flow", "failing", "1 event not evaluated, the oldest for 15m"],
  ["a hook is paused", { hooks: { active: 2, paused: 1, disabled: 0, errored: 0 } }, "execution", "degraded", "2 hooks active, 1 paused"],
  ["no hook is left", { hooks: { active: 0, paused: 1, disabled: 0, errored: 1 } }, "execution", "failing", "0 hooks active, 1 paused, 1 errored"],
  ["a dispatch failed", { dispatches: { pending: 0, running: 2, failed_last_hour: 1, dead_last_hour: 0, lost_last_hour: 0 } }, "execution", "degraded", "2 turns running, 1 of the dispatches of the last hour failed"],
  ["what a full queue dropped", { dispatches: { pending: 20, running: 1, failed_last_hour: 0, dead_last_hour: 0, lost_last_hour: 7 } }, "execution", "degraded", "20 to dispatch, 7 of the last hour dropped or expired"],
  ["a webhook could not be sent", { refs: { webhooks_pending: 3, runs_pending: 0, runs_running: 0, webhooks_dead_last_hour: 1, runs_failed_last_hour: 0 } }, "execution", "degraded", "3 webhooks to be sent, 1 of the webhooks of the last hour could not be sent"],
  ["a run failed", { refs: { webhooks_pending: 0, runs_pending: 1, runs_running: 1, webhooks_dead_last_hour: 0, runs_failed_last_hour: 2 } }, "execution", "degraded", "2 runs to be done, 2 of the runs of the last hour failed"],
  ["an answer did not arrive", { dispatches: { pending: 0, running: 0, failed_last_hour: 0, dead_last_hour: 1, lost_last_hour: 0 } }, "execution", "degraded", "1 dead letter in the last hour"],
  ["one in ten fails", { last_hour: { invocations: 100, errors: 10 } }, "execution", "degraded", "10 of 100 failed"],
  ["most fail", { last_hour: { invocations: 100, errors: 60 } }, "execution", "failing", "60 of 100 failed"],
  ["over max_bytes", storage({ used_bytes: 11 * GB }), "storage", "degraded", "11 GB of 10 GB"],
  ["a long log", storage({ wal_bytes: GB }), "storage", "degraded", "log 1 GB of 64 MB"],
  ["little room", storage({ disk_free_bytes: 200 * 2 ** 20 }), "storage", "degraded", "200 MB free"],
  ["no room", storage({ disk_free_bytes: 1_000 }), "storage", "failing", "1 KB free"],
  ["it refuses to store", daemon({ trouble: { code: "DATABASE_FULL", message: "no space left", since: NOW - MINUTE } }), "storage", "failing", "takes no events since 1m: no space left [DATABASE_FULL]"],
])("%s", (_name, parts, side, grade, evidence) => {
  const { verdict, findings } = judge({ ...WELL, ...parts });
  expect(verdict).toBe(grade);
  expect(findings.filter((finding) => finding.grade !== "healthy")).toEqual([{ side, grade, evidence: expect.stringContaining(evidence) }]);
});

test("a few failures of a few invocations say nothing, and neither does an event that has just come", () => {
  expect(judge({ ...WELL, last_hour: { invocations: 2, errors: 2 } }).verdict).toBe("healthy");
  expect(judge({ ...WELL, backlog: { events: 5, oldest_at: NOW - 1_000 } }).verdict).toBe("healthy");
});

test("figures for people", () => {
  expect([0, 1_536, 1_020 * 1_024, 5 * 2 ** 40].map((value) => bytes(value))).toEqual(["0 KB", "1.5 KB", "1 MB", "5 TB"]);
  expect([-5, 59_400, MINUTE, 125 * MINUTE, 49 * 60 * MINUTE].map((ms) => span(ms))).toEqual(["0s", "59s", "1m", "2h 5m", "2d"]);
});
