import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseIsolation, prepareIsolation } from "../../../../src/engine/runtime/sandbox/isolation.ts";
import { reportIsolation } from "../../../../src/engine/runtime/sandbox/isolation-report.ts";
import { explainDenial } from "../../../../src/engine/runtime/sandbox/explain-denial.ts";
import { policyOf } from "../../../../src/engine/runtime/sandbox/policy.ts";
import { probeIsolation } from "../../../../src/engine/runtime/sandbox/probe-isolation.ts";
import { probeMechanism } from "../../../../src/engine/runtime/sandbox/probe-mechanism.ts";
import type { Mechanism, ProbeResult } from "../../../../src/engine/runtime/sandbox/probe-mechanism.ts";
import { selfCommand } from "../../../../src/engine/runtime/self-command.ts";
import { tempHome } from "../../../helpers/temp-home.ts";

/** A machine as its probes describe it: a Landlock version, or why there is none. */
function machine(landlock: number | string, bubblewrap: true | string) {
  return (mechanism: Mechanism): Promise<ProbeResult> => {
    const answer = mechanism === "landlock" ? landlock : bubblewrap;
    const works = typeof answer !== "string";
    return Promise.resolve({ mechanism, works, version: typeof answer === "number" ? answer : 0, detail: works ? `${mechanism} works` : answer });
  };
}

test("auto takes Landlock from version 6 on, then bubblewrap, then an older Landlock, then none", async () => {
  expect(await chooseIsolation("auto", machine(7, true))).toMatchObject({ mechanism: "landlock" });
  expect(await chooseIsolation("auto", machine(4, true))).toMatchObject({ mechanism: "bubblewrap" });
  expect(await chooseIsolation("auto", machine(4, "no user namespaces"))).toMatchObject({ mechanism: "landlock" });
  expect(await chooseIsolation("auto", machine("not in this kernel", "no user namespaces"))).toMatchObject({ mechanism: "none" });
  expect(await chooseIsolation("process", machine(7, true))).toEqual({ mechanism: "none", tried: [] });
});

// switch: mutant sandbox-fails-closed
test("sandbox fails closed, and says what was tried and why it failed", async () => {
  expect(await chooseIsolation("sandbox", machine("not in this kernel", true))).toMatchObject({ mechanism: "bubblewrap" });
  const refused = await chooseIsolation("sandbox", machine("not in this kernel", "no user namespaces")).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "SANDBOX_UNAVAILABLE", message: expect.stringContaining("landlock: not in this kernel; bubblewrap: no user namespaces") });
});

// switch: mutant landlock-reads
test.skipIf(process.platform !== "linux")("where the kernel has Landlock it is a sandbox: what is skipped elsewhere for want of one is not skipped here", async () => {
  const asked = Bun.spawn([...selfCommand(), "__sandbox_version"], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const version = Number(await new Response(asked.stdout).text());
  expect(await probeMechanism("landlock")).toMatchObject({ works: version > 0, version });
});

// switch: mutant stale-scratch
test("what the evaluators of a killed daemon left is gone with the next start", async () => {
  using home = tempHome();
  const left = join(home.path, "state", "scratch", "nexus-ev-left");
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "big"), "x");
  await prepareIsolation("process", join(home.path, "state", "nexus.db"));
  expect(await Bun.file(join(left, "big")).exists()).toBe(false);
});

test("the report names what enforces each thing on this machine, and what nothing does", async () => {
  const here = await probeIsolation("auto");
  expect(here.rows.length).toBeGreaterThan(5);
  const old = reportIsolation({ mechanism: "landlock", tried: [{ mechanism: "landlock", works: true, version: 3, detail: "landlock 3" }] });
  const by = (what: string): string | undefined => old.rows.find((row) => row.what === what)?.enforced_by;
  expect(by("read files")).toBe("landlock 3");
  expect(by("TCP ports of permissions.net")).toBeUndefined();
  expect(by("signals to other processes")).toBeUndefined();
  expect(by("UDP with permissions.net")).toBeUndefined();
  expect(reportIsolation({ mechanism: "none", tried: [] }).rows.find(({ what }) => what === "read files")).not.toHaveProperty("enforced_by");
});

test("an error is explained only where the sandbox caused it", () => {
  const policy = policyOf({ read: ["/usr/share"], net: [":443"] }, {});
  const explained = (message: string) => explainDenial(message, policy, "landlock");
  expect(explained("EACCES: permission denied, open '/root/key'")).toBe("the sandbox does not let this hook open /root/key; declare permissions.read, or permissions.write to write there");
  expect(explained("EACCES: permission denied, unlink '/root/key'")).toBe("the sandbox does not let this hook write /root/key; declare permissions.write");
  expect(explained("EACCES: permission denied, posix_spawn '/usr/bin/git'")).toBe("the sandbox does not let this hook start /usr/bin/git; declare permissions.run");
  expect(explained("connect EACCES 10.0.0.1:80")).toContain("only to port 443");
  expect(explained("ENOENT: no such file or directory, open '/root/nothing'")).toBeUndefined();
  expect(explained("the answer was wrong")).toBeUndefined();
  expect(explainDenial("connect ECONNREFUSED 127.0.0.1:1", policyOf({ net: ["*"] }, {}), "landlock")).toBeUndefined();
});
