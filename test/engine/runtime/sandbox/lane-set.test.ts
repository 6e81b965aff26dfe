import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { probeMechanism } from "../../../../src/engine/runtime/sandbox/probe-mechanism.ts";
import { tempHome } from "../../../helpers/temp-home.ts";
import { TestEngine } from "../../../helpers/test-engine.ts";

const probe = await probeMechanism("landlock");
const isolation = { mechanism: "landlock", tried: [probe] } as const;
const PID = `() => ({ fire: true, context: { data: { pid: process.pid } } })`;

function pidsOf(t: TestEngine, name: string): number[] {
  return t.dispatches().filter(({ hook_id }) => hook_id === t.hook(name).id).map(({ context }) => (context["data"] as { pid: number }).pid);
}

describe.skipIf(!probe.works)(`evaluators by permissions (${probe.detail})`, () => {
  // switch: mutant lane-by-permissions
  test("hooks with the same permissions share an evaluator, others have another", async () => {
    await using t = await TestEngine.start({ isolation });
    t.register("plain-1", PID);
    t.register("plain-2", PID, { permissions: {} });
    t.register("net-1", PID, { permissions: { net: ["*"] } });
    t.register("net-2", PID, { permissions: { net: ["*"] } });
    await t.messages(1);
    await t.drain();
    const [plain1, plain2, net1, net2] = ["plain-1", "plain-2", "net-1", "net-2"].map((name) => pidsOf(t, name)[0]);
    expect(plain1).toBe(plain2);
    expect(net1).toBe(net2);
    expect(net1).not.toBe(plain1);
  }, 30_000);

  // switch: mutant lane-limit
  test("no more evaluators than permission_sets: the others wait, and all hooks are evaluated", async () => {
    await using t = await TestEngine.start({ isolation, config: { evaluator: { permission_sets: 2 } } });
    let most = 0;
    const names = Array.from({ length: 6 }, (_, n) => `port-${n}`);
    for (const [n, name] of names.entries()) t.register(name, `async () => { await new Promise((r) => setTimeout(r, 20)); return { fire: true }; }`, { permissions: { net: [`:${n + 1}`] } });
    const look = setInterval(() => (most = Math.max(most, t.engine.status.evaluator_pids.length)), 1);
    await t.burst(3);
    await t.drain();
    clearInterval(look);
    for (const name of names) expect(t.outcomes(name)).toEqual(["fired", "fired", "fired"]);
    expect(most).toBeLessThanOrEqual(2);
    expect(most).toBeGreaterThan(0);
  }, 60_000);

  // switch: mutant solo-permissions
  test("a suspect that runs alone keeps its own permissions, and gets no others", async () => {
    await using t = await TestEngine.start({ isolation });
    using folder = tempHome();
    const target = join(folder.path, "target");
    writeFileSync(target, "");
    const dies = `() => { require("node:fs").writeFileSync(${JSON.stringify(target)}, "x"); process.kill(process.pid, "SIGKILL"); }`;
    t.register("may", dies, { permissions: { write: [target] } });
    await t.messages(1);
    await t.drain();
    expect(t.outcomes("may")).toEqual(["crashed"]);
    expect(t.invocations("may")[0]).toMatchObject({ attempt: 2 });
    t.register("may-not", `() => { try { require("node:fs").writeFileSync(${JSON.stringify(target)}, "y"); } catch { process.kill(process.pid, "SIGKILL"); } return { fire: true }; }`);
    await t.messages(1);
    await t.drain();
    expect(t.outcomes("may-not")).toEqual(["crashed"]);
    expect(readFileSync(target, "utf8")).toBe("x");
  }, 60_000);
});
