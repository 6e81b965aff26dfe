import { expect, test } from "bun:test";
import { configSchema } from "../../src/engine/config.ts";
import { Daemon } from "../../src/engine/daemon.ts";
import type { NoticeEvent } from "../../src/engine/api/wire.ts";
import type { NoticeKind } from "../../src/engine/core/notice.ts";
import { addNotice } from "../../src/engine/store/notices.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { CommandLog } from "../../src/tui/actions/command-log.ts";
import { Dashboard } from "../../src/tui/dashboard.ts";
import { Listener } from "../../src/tui/listener.ts";
import { textOf } from "../../src/tui/look/line.ts";
import { createLook } from "../../src/tui/look/look.ts";
import { NEWS_MS, newsOf } from "../../src/tui/news.ts";
import { Feed } from "../../src/tui/state/feed.ts";
import { Ticker } from "../../src/tui/ticker.ts";
import { makeFrame } from "../../src/tui/view/make-frame.ts";
import { tempHome } from "../helpers/temp-home.ts";

const start = (home: string): Promise<Daemon> => Daemon.start({ home, config: configSchema.parse({ isolation: "process" }), timers: false });

/** What a listener heard; `until` resolves once all of it was heard, in whatever order. */
function ears(): { readonly heard: (event: NoticeEvent | undefined) => void; readonly until: (...what: readonly string[]) => Promise<void>; readonly all: string[] } {
  const all: string[] = [];
  let wake = (): void => undefined;
  return {
    all,
    heard: (event) => {
      all.push(event === undefined ? "broken" : event.event === "notice" ? event.data.kind : event.event);
      wake();
    },
    until: async (...what) => {
      while (!what.every((one) => all.includes(one))) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

function write(home: string, id: string, kind: NoticeKind): void {
  const beside = openStore(home);
  beside.write(() => addNotice(beside, { id, at: 1, kind, data: { slug: "triage" } }));
  beside.close();
}

// switch: mutant listener-begins-anew
test("a daemon is heard from when it comes, and again when it comes back; nothing that was written between is missed", async () => {
  using home = tempHome();
  const { heard, until, all } = ears();
  let again = (): void => undefined;
  // Time is the test's: it looks for a daemon when it is told to.
  const waits: number[] = [];
  using listener = new Listener({ home: home.path, heard, later: (work, ms) => (waits.push(ms), (again = work), () => undefined) });
  expect(listener).toBeDefined();
  const first = await start(home.path);
  while (!all.includes("hello")) {
    again();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  write(home.path, "ntc_1", "breaker_opened");
  write(home.path, "ntc_2", "turn_started");
  write(home.path, "ntc_3", "hook_enabled");
  await until("breaker_opened", "hook_enabled");
  expect(all).not.toContain("turn_started");
  await first.stop();
  await until("bye");
  write(home.path, "ntc_4", "slots_missed");
  const second = await start(home.path);
  while (!all.includes("slots_missed")) {
    again();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(all.filter((one) => one === "breaker_opened")).toHaveLength(1);
  expect(Math.max(...waits)).toBeLessThan(5_000);
  await second.stop();
});

// switch: mutant news-flood-is-read
test("what breaks is told wherever the operator is, beside what they did, for a minute; and a flood of it once a tick", () => {
  let now = 1_000_000;
  const log = new CommandLog({ run: async () => ({ ok: true, said: [] }), readonly: true, now: () => now });
  const desk = new Dashboard({ home: "/nowhere", look: createLook(), now: () => now, log, readonly: true, linear: false });
  let looks = 0;
  desk.attach(new Feed({ ask: async (queries) => ((looks += 1), queries.map(() => ({ same: true as const }))), close: () => Promise.resolve() }, () => now, desk.changed));
  let tick = (): void => undefined;
  using ticker = new Ticker({ desk, everyMs: 1_000, ready: () => true, looks: () => undefined, later: (work) => ((tick = work), () => undefined) });
  const told = (): string => textOf(makeFrame(desk).footer[0] ?? []);
  const notice = (kind: string): NoticeEvent => ({ event: "notice", data: { seq: 1, id: "ntc_1", at: new Date(now).toISOString(), kind, data: { slug: "tri\u001b[2Jage", failures: 5 } } });
  desk.change({ do: "say", message: { text: "done", tone: "good" } });
  const before = desk.version();
  for (let n = 0; n < 100; n += 1) ticker.hear(newsOf(notice("breaker_opened"), now));
  expect(desk.version() - before).toBe(1);
  expect(told()).toMatch(/^done .*breaker opened {2}tri.*age {2}failures 5$/);
  expect(told()).not.toContain("\u001b");
  expect(newsOf(notice("hook_registered"), now)).toBeUndefined();
  expect(newsOf(notice("of_a_newer_daemon"), now)).toBeUndefined();
  ticker.hear(newsOf(undefined, now));
  expect(told()).not.toContain("broke off");
  tick();
  expect(told()).toContain("the daemon broke off");
  // However long it is, and with nothing beside it: cut, not left out.
  desk.change({ do: "say", message: undefined });
  tick();
  ticker.hear(newsOf({ event: "notice", data: { seq: 2, id: "ntc_2", at: new Date(now).toISOString(), kind: "dispatch_dropped", data: { reason: "x".repeat(300) } } }, now));
  expect(told()).toMatch(/dispatch dropped {2}reason x+…$/);
  desk.change({ do: "say", message: { text: "done", tone: "good" } });
  now += NEWS_MS + 1;
  expect(told().trim()).toBe("done");
  expect(looks).toBeLessThan(5);
});
