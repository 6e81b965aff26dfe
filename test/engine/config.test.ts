import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/engine/config.ts";
import { NexusError } from "../../src/engine/core/errors.ts";
import { CONFIGURATION_PATH, configurationPage } from "../../scripts/write-configuration.ts";
import { tempHome } from "../helpers/temp-home.ts";

function refused(toml: string): NexusError {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), toml);
  try {
    loadConfig(home.path);
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test("without a file everything has its default; a file changes what it names", () => {
  using home = tempHome();
  expect(loadConfig(home.path)).toMatchObject({ durability: "full", hooks: { timeout_ms: 30_000 }, breaker: { failures: 5, cooldown_ms: 300_000 } });
  writeFileSync(join(home.path, "config.toml"), 'durability = "normal"\n[breaker]\nfailures = 3\n');
  expect(loadConfig(home.path)).toMatchObject({ durability: "normal", breaker: { failures: 3, cooldown_ms: 300_000 } });
});

test("what is wrong is named, with the nearest valid setting", () => {
  expect(refused("[breaker]\nfailure = 3\n")).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("breaker.failure"), details: { did_you_mean: expect.arrayContaining(["breaker.failures"]) } });
  expect(refused("[hooks]\ntimeout_ms = \"soon\"\n").message).toContain("hooks.timeout_ms");
  expect(refused("[hooks\n").message).toContain("is not TOML");
});

test("access policies keep their order, and what is wrong in one is named with its place", () => {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), '[[access]]\nname = "me"\nprincipals = { type = "owner" }\neffect = "allow"\n[[access]]\nname = "rest"\neffect = "deny"\n');
  expect(loadConfig(home.path).access).toEqual([{ name: "me", principals: [{ type: ["owner"] }], effect: "allow" }, { name: "rest", effect: "deny" }]);
  const one = (line: string): NexusError => refused(`[[access]]\nname = "me"\neffect = "allow"\n${line}\n`);
  expect(one('chanels = ["sms"]')).toMatchObject({ message: expect.stringContaining("`access.0.chanels`"), details: { did_you_mean: expect.arrayContaining(["access.channels"]) } });
  expect(one('principals = { relation = "family" }')).toMatchObject({ details: { did_you_mean: expect.arrayContaining(["access.principals.relationship"]) } });
  expect(one('session = "dm:{sendr}"').message).toContain("access.0.session: has the unknown placeholder {sendr}");
});

test("docs/configuration.md is what the schema says", () => {
  expect(readFileSync(CONFIGURATION_PATH, "utf8")).toBe(configurationPage());
});
