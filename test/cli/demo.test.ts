import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

/** Every decision of a demo's home, in words that do not depend on when it ran. */
function decisions(home: string): string[] {
  const db = new Database(join(home, "state", "nexus.db"), { readonly: true });
  try {
    return db
      .query<{ line: string }, []>(
        `SELECT h.slug || ' ' || replace(i.event_id, h.id, h.slug) || ' ' || i.outcome || ' ' || (d.id IS NOT NULL) AS line
         FROM hook_invocations i JOIN hooks h ON h.id = i.hook_id LEFT JOIN dispatches d ON d.event_id = i.event_id AND d.hook_id = i.hook_id WHERE i.event_id NOT LIKE 'agent:%' ORDER BY 1`,
      )
      .all()
      .map(({ line }) => line);
  } finally {
    db.close();
  }
}

/** What was delivered, without doubles: a killed demo may have sent one twice, under the same id. */
function answers(home: string): string[] {
  const lines = readFileSync(join(home, "answers.ndjson"), "utf8").trim().split("\n");
  return [...new Map(lines.map((line) => JSON.parse(line) as { delivery_id: string; text: string }).map(({ delivery_id, text }) => [delivery_id, text])).values()];
}

test("the demo ends by itself; killed in its middle and started again it comes to the same decisions, none lost, none doubled", async () => {
  using whole = tempHome();
  const told = await nexus(whole.path, ["demo", "--home", join(whole.path, "demo")]);
  expect(told).toMatchObject({ code: 0, err: "" });
  expect(told.out).toContain("Summary\n  1244 events, 946 invocations, 25 fires, 0 errors");
  expect(told.out).toContain("25 fires woke an agent: 25 answered");
  expect(told.out).toContain("Try next");
  expect(answers(join(whole.path, "demo"))).toHaveLength(25);

  using broken = tempHome();
  const home = join(broken.path, "demo");
  for (const marker of ["github-security-alert", "night-watch"]) {
    const demo = nexusProcess(broken.path, ["demo", "--home", home, "--json"]);
    let seen = "";
    for await (const text of demo.stdout.pipeThrough(new TextDecoderStream())) {
      seen += text;
      if (seen.includes(marker)) break;
    }
    demo.kill("SIGKILL");
    await demo.exited;
  }
  expect((await nexus(broken.path, ["demo", "--home", home])).code).toBe(0);
  expect(decisions(home)).toEqual(decisions(join(whole.path, "demo")));
  expect(answers(home)).toHaveLength(25);
}, 60_000);

test("the demo refuses a home that holds something else", async () => {
  using home = tempHome();
  await nexus(home.path, ["init"]);
  const refused = await nexus(home.path, ["demo", "--home", home.path, "--json"]);
  expect([refused.code, refused.error().code]).toEqual([5, "HOOK_WRONG_STATE"]);
});
