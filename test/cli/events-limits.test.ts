import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

test("without a daemon, too, what may wait has a limit; who is over it is told, and stores nothing", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), "[events]\nmax_waiting = 100\n");
  const lines = (from: number, count: number): string => Array.from({ length: count }, (_, n) => JSON.stringify({ id: `wait:${from + n}` })).join("\n");
  expect((await nexus(home.path, ["events", "import", "-"], { stdin: lines(0, 100) })).code).toBe(0);
  // switch: mutant waiting-without-limit
  const refused = await nexus(home.path, ["events", "emit", "--content", "one more", "--json"]);
  expect(refused.code).toBe(7);
  expect(refused.error()).toMatchObject({ code: "QUEUE_FULL", retryable: true });
  expect((await nexus(home.path, ["events", "import", "-", "--json"], { stdin: lines(100, 10) })).code).toBe(7);
  expect((await nexus(home.path, ["status", "--json"])).json()).toMatchObject({ events: { stored: 100, not_evaluated: 100 } });
  await nexus(home.path, ["serve", "--once"]);
  expect((await nexus(home.path, ["events", "import", "-"], { stdin: lines(100, 10) })).code).toBe(0);
}, 20_000);
