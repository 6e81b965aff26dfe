import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { StoredEvent } from "../../src/engine/core/event.ts";
import type { Decision, Example } from "./example-desk.ts";
import { ExampleDesk } from "./example-desk.ts";
import { githubEvents } from "./github-events.ts";

let desk: ExampleDesk;
let events: StoredEvent[];
beforeEach(() => {
  desk = new ExampleDesk();
  events = githubEvents().map((event) => desk.store(event));
});
afterEach(() => desk[Symbol.dispose]());

/** What was decided about the payloads that passed the triggers, by event id. */
async function decideAll(example: Example): Promise<Map<string, NonNullable<Decision>>> {
  const decisions = new Map<string, NonNullable<Decision>>();
  for (const event of events) {
    const decision = await desk.decide(example, event);
    if (decision !== undefined) decisions.set(event.id, decision);
  }
  return decisions;
}

function fired(decisions: ReadonlyMap<string, NonNullable<Decision>>): NonNullable<Decision>[] {
  return [...decisions.values()].filter((decision) => decision.fire);
}

describe("github-failed-checks", () => {
  test("of all real payloads, only the failed check and the failed job fire", async () => {
    const decisions = await decideAll(await desk.load("github-failed-checks"));
    expect(decisions.size).toBe(5);
    expect(fired(decisions).map((decision) => decision.context)).toMatchObject([
      {
        prompt: expect.stringContaining("https://github.com/Codertocat/Hello-World/runs/128620228"),
        extracted: { repository: "Codertocat/Hello-World", check: "Octocoders-linter" },
      },
      {
        prompt: expect.stringContaining("https://github.com/octo-org/octo-repo/runs/1291536064"),
        extracted: { repository: "Codertocat/Hello-World", check: "linters" },
      },
    ]);
  });

  test("a job that is also reported as a check fires once, whichever comes first", async () => {
    const isFailed = ({ metadata }: StoredEvent): boolean => metadata["event"] === "workflow_job" && JSON.stringify(metadata).includes('"conclusion":"failure"');
    const job = events.find(isFailed);
    if (job === undefined) throw new Error("no failed job among the payloads");
    const url = "https://api.github.com/repos/octo-org/octo-repo/check-runs/1291536064";
    const payload = { ...Object(job.metadata["payload"]), check_run: { conclusion: "failure", name: "linters", url, html_url: url } };
    const check: StoredEvent = { ...job, metadata: { ...job.metadata, event: "check_run", payload } };
    for (const order of [[job, check], [check, job]] as const) {
      const failing = await desk.load("github-failed-checks");
      expect(await desk.decide(failing, order[0])).toMatchObject({ fire: true });
      expect(await desk.decide(failing, order[1])).toMatchObject({ fire: false });
    }
  });
});

describe("github-security-alert", () => {
  test("of all real payloads, each finding of weight fires once", async () => {
    const decisions = await decideAll(await desk.load("github-security-alert"));
    expect(decisions.size).toBe(8);
    expect(fired(decisions).map((decision) => decision.context?.extracted)).toMatchObject([
      { finding: "Codertocat/Hello-World java/sql-injection", severity: "error" },
      { finding: "wolfy1339/pika-pack GHSA-c2qf-rxjj-qqgw", severity: "medium" },
      { finding: "Codertocat/Hello-World GHSA-hg78-4f6x-99wq", severity: "moderate" },
      { finding: "Codertocat/Hello-World GHSA-qqgx-2p2h-9c37", severity: "moderate" },
    ]);
    expect([...decisions.values()].flatMap((decision) => decision.logs)).toEqual([expect.stringContaining("GHSA-qqgx-2p2h-9c37 was reported")]);
  });

  test("a finding that comes back after 30 days fires again once others were reported", async () => {
    const alerts = await desk.load("github-security-alert");
    const find = (id: string): StoredEvent => {
      const event = events.find(({ metadata }) => ["create", "created"].includes(String(metadata["action"])) && JSON.stringify(metadata).includes(id));
      if (event === undefined) throw new Error(`${id} is not among the payloads`);
      return event;
    };
    const later = (event: StoredEvent, days: number): StoredEvent => ({ ...event, timestamp: event.timestamp + days * 86_400_000 });
    const semver = find("GHSA-c2qf-rxjj-qqgw");
    expect(await desk.decide(alerts, semver)).toMatchObject({ fire: true });
    expect(await desk.decide(alerts, later(semver, 29))).toMatchObject({ fire: false });
    expect(await desk.decide(alerts, later(find("java/sql-injection"), 31))).toMatchObject({ fire: true });
    expect(await desk.decide(alerts, later(semver, 32))).toMatchObject({ fire: true });
  });
});
