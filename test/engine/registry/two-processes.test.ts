import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { findHook } from "../../../src/engine/registry/find-hook.ts";
import { versionsOf } from "../../../src/engine/store/hook-versions.ts";
import { activationsOf } from "../../../src/engine/store/activations.ts";
import { RegistryDesk } from "./registry-desk.ts";

const RIVAL = fileURLToPath(new URL("./rival-process.ts", import.meta.url));

type Line = { changed: boolean; id: string; version: number } | { code: string };

/** Lets rivals loose on one home at the same moment, and collects what each of their tries ended in. */
async function rivals(desk: RegistryDesk, act: "register" | "update", bodies: readonly string[], rounds: number): Promise<Line[][]> {
  const children = bodies.map((body) => Bun.spawn([process.execPath, RIVAL, desk.home.path, act, body, String(rounds)], { stdin: "pipe", stdout: "pipe", stderr: "inherit" }));
  const readers = children.map((child) => lines(child.stdout));
  for (const reader of readers) expect((await reader.next()).value).toBe("ready");
  for (const child of children) {
    void child.stdin.write("go\n");
    void child.stdin.end();
  }
  const results = await Promise.all(readers.map(async (reader) => (await Array.fromAsync(reader)).map((line) => JSON.parse(line) as Line)));
  expect(await Promise.all(children.map((child) => child.exited))).toEqual(children.map(() => 0));
  return results;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  return undefined;
}

test("of two processes that register one name at once, one wins and the other is told so", async () => {
  using desk = new RegistryDesk();
  const rounds = 20;
  const [one = [], two = []] = await rivals(desk, "register", ["() => 1", "() => 2"], rounds);
  for (let round = 0; round < rounds; round += 1) {
    const outcomes = [one[round], two[round]].map((line) => (line === undefined ? "none" : "code" in line ? line.code : line.changed ? "won" : "same"));
    expect(outcomes.sort()).toEqual(["HOOK_EXISTS", "won"]);
  }
});

test("of two processes that register the same script at once, both get the same hook, and one made it", async () => {
  using desk = new RegistryDesk();
  const rounds = 20;
  const [one = [], two = []] = await rivals(desk, "register", ["() => 1", "() => 1"], rounds);
  for (let round = 0; round < rounds; round += 1) {
    const pair = [one[round], two[round]].map((line) => (line === undefined || "code" in line ? { changed: "refused", id: "" } : line));
    expect(pair.map(({ changed }) => String(changed)).sort()).toEqual(["false", "true"]);
    expect(pair[0]?.id).toBe(pair[1]?.id);
  }
});

test("updates of two processes come one after the other, and each becomes a version", async () => {
  using desk = new RegistryDesk();
  await rivals(desk, "register", ["() => 0"], 1);
  const results = await rivals(desk, "update", ["() => 1", "() => 2"], 20);
  const changed = results.flat().filter((line) => "changed" in line && line.changed);
  expect(results.flat().filter((line) => "code" in line)).toEqual([]);
  const hook = findHook(desk.store, "rivals-0");
  const versions = versionsOf(desk.store, hook.id);
  expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: changed.length + 1 }, (_, n) => changed.length + 1 - n));
  for (const [n, version] of versions.entries()) expect(version.previous_version_id).toBe(versions[n + 1]?.id);
  expect(activationsOf(desk.store, hook.id).filter(({ until_seq }) => until_seq === undefined)).toHaveLength(1);
});
