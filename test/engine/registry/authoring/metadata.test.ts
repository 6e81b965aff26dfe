import { describe, expect, test } from "bun:test";
import { NexusError } from "../../../../src/engine/core/errors.ts";
import type { HookMetadata } from "../../../../src/engine/core/hook.ts";
import type { MetadataInput } from "../../../../src/engine/core/hook-metadata.ts";
import { readMetadata } from "../../../../src/engine/registry/authoring/metadata.ts";
import { DEFAULT_LIMITS } from "./script-folder.ts";

interface Given {
  readonly text?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly notData?: readonly string[];
  readonly flags?: MetadataInput;
  readonly file?: string;
}

function read({ text = "", fields = {}, notData = [], flags = {}, file = "my-hook.ts" }: Given): { metadata: HookMetadata; slug: string } {
  const script = { path: `/scripts/${file}`, text, hash: "", typed: true, findings: [] };
  return readMetadata({ script, found: { form: "hook", fields, notData }, flags, defaultLimits: DEFAULT_LIMITS });
}

function refusal(given: Given): NexusError {
  try {
    read(given);
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error("expected a NexusError, and nothing was thrown");
}

describe("fields", () => {
  test("a hook that says nothing gets the defaults and its file's name", () => {
    expect(read({ file: "casey-safety-check.ts" })).toEqual({
      slug: "casey-safety-check",
      metadata: { name: "casey-safety-check", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: DEFAULT_LIMITS },
    });
  });

  test("one value stands for a list of one, and direction for directions", () => {
    const { metadata } = read({ fields: { triggers: { principal: { type: "owner" }, event: { channels: "email", direction: "received" }, ref: { names: "main/*" } } } });
    expect(metadata.triggers).toEqual({ principal: { type: ["owner"] }, event: { channels: ["email"], directions: ["received"] }, ref: { names: ["main/*"] } });
  });

  test.each(["10/1m", "10/m", "10/60s", { count: 10, per: "1m" }, { count: 10, per_ms: 60_000 }])("throttle %j is 10 in 60 000 ms", (throttle) => {
    expect(read({ fields: { limits: { throttle } } }).metadata.limits.throttle).toEqual({ count: 10, per_ms: 60_000 });
  });

  test("a one-shot runs one invocation at a time, whatever the default is", () => {
    expect(read({ fields: { mode: "one-shot" } }).metadata.limits.concurrency).toBe(1);
    expect(read({ fields: { mode: "one-shot", limits: { concurrency: 1 } } }).metadata.limits.concurrency).toBe(1);
  });

  test("a schedule may stand under triggers, also twice when it is the same", () => {
    expect(read({ fields: { triggers: { schedule: { every: "1h" } } } }).metadata.schedule).toEqual({ every: "1h" });
    expect(read({ fields: { schedule: { every: "1h" }, triggers: { schedule: { every: "1h" } } } }).metadata.schedule).toEqual({ every: "1h" });
  });
});

describe("what is refused", () => {
  const cases: [fields: Readonly<Record<string, unknown>>, code: string, message: string, did_you_mean?: string[]][] = [
    [{ nmae: "x" }, "METADATA_INVALID", "unknown field `nmae`; did you mean `name`?", ["name"]],
    [{ triggers: { event: { chanels: ["email"] } } }, "METADATA_INVALID", "unknown field `triggers.event.chanels`", ["triggers.event.channels"]],
    [{ cron: "0 9 * * *" }, "METADATA_INVALID", "unknown field `cron`: put it under `schedule`", ["schedule.cron"]],
    [{ timeout_ms: 5 }, "METADATA_INVALID", "unknown field `timeout_ms`: put it under `limits`", ["limits.timeout_ms"]],
    [{ channels: ["email"] }, "METADATA_INVALID", "unknown field `channels`: put it under `triggers.event`", ["triggers.event.channels"]],
    [{ triggers: { channels: ["email"] } }, "METADATA_INVALID", "unknown field `triggers.channels`: put it under `triggers.event`", ["triggers.event.channels"]],
    [{ schedule: { timeZone: "UTC", cron: "0 9 * * *" } }, "METADATA_INVALID", "unknown field `schedule.timeZone`", ["schedule.timezone"]],
    [{ limits: { timeout: 5 } }, "METADATA_INVALID", "unknown field `limits.timeout`", ["limits.timeout_ms"]],
    [{ colour: "red" }, "METADATA_INVALID", "unknown field `colour`"],
    [{ mode: "oneshot" }, "METADATA_INVALID", '`mode` is "oneshot"; expected one of persistent, one-shot', ["one-shot"]],
    [{ stage: "runAutomation" }, "METADATA_INVALID", '`stage` is "runAutomation"; expected one of', ["runAutomations"]],
    [{ triggers: { principal: { type: ["owner", "onwer"] } } }, "METADATA_INVALID", '`triggers.principal.type[1]` is "onwer"', ["owner"]],
    [{ triggers: { event: { directions: "inbound" } } }, "METADATA_INVALID", '`triggers.event.directions` is "inbound"; expected one of received, sent'],
    [{ triggers: { event: { channels: [] } } }, "METADATA_INVALID", "`triggers.event.channels` is []; expected at least one value"],
    [{ triggers: { event: { direction: "sent", directions: ["received"] } } }, "METADATA_CONTRADICTORY", "keep one of them"],
    [{ triggers: { ref: {} } }, "METADATA_INVALID", "`triggers.ref.names` is missing"],
    [{ name: "" }, "METADATA_INVALID", '`name` is ""; expected a text of 1 to 128 characters'],
    [{ name: 7 }, "METADATA_INVALID", "`name` is 7; expected a text"],
    [{ name: "a\u001b[31m" }, "METADATA_INVALID", "without line breaks"],
    [{ priority: 1.5 }, "METADATA_INVALID", "`priority` is 1.5; expected a whole number from -1000 to 1000"],
    [{ limits: { timeout_ms: 0 } }, "METADATA_INVALID", "`limits.timeout_ms` is 0; expected a whole number from 1 to 3600000 (ms of one invocation)"],
    [{ limits: { timeout_ms: "5s" } }, "METADATA_INVALID", '`limits.timeout_ms` is "5s"; expected a whole number'],
    [{ limits: { concurrency: 65 } }, "METADATA_INVALID", "expected a whole number from 1 to 64"],
    [{ limits: { throttle: "10" } }, "METADATA_INVALID", '`limits.throttle` is "10"; expected "10/1m" or'],
    [{ limits: { throttle: { count: 0, per: "1m" } } }, "METADATA_INVALID", "`limits.throttle` is {\"count\":0"],
    [{ limits: { debounce_max_ms: 10 } }, "METADATA_INVALID", "`limits.debounce_max_ms` needs `limits.debounce_ms`"],
    [{ limits: { debounce_ms: 20, debounce_max_ms: 10 } }, "METADATA_INVALID", "expected at least `limits.debounce_ms`, which is 20"],
    [{ mode: "one-shot", limits: { concurrency: 4 } }, "METADATA_CONTRADICTORY", "`limits.concurrency` is 4 and `mode` is one-shot"],
    [{ schedule: {} }, "SCHEDULE_INVALID", "`schedule` has none of cron, every and at; expected exactly one"],
    [{ schedule: { cron: "0 9 * * *", every: "1h" } }, "SCHEDULE_INVALID", "`schedule` has cron and every of cron, every and at"],
    [{ schedule: { cron: 5 } }, "SCHEDULE_INVALID", "`schedule.cron` is 5; expected a cron expression"],
    [{ schedule: "0 9 * * *" }, "METADATA_INVALID", '`schedule` is "0 9 * * *"; expected an object such as { cron:'],
    [{ schedule: { every: "1h" }, triggers: { schedule: { every: "2h" } } }, "METADATA_CONTRADICTORY", "`triggers.schedule`"],
    [{ config: { big: "x".repeat(70_000) } }, "METADATA_INVALID", "expected at most 65536 bytes"],
    [{ isolation: "process" }, "METADATA_INVALID", "expected one of warm, fresh"],
    [{ required: "yes" }, "METADATA_INVALID", '`required` is "yes"; expected true or false'],
    [{ required: true }, "METADATA_CONTRADICTORY", "`required` is true and `stage` is runAutomations, whose hooks stop nothing"],
    [{ required: true, stage: "onError" }, "METADATA_CONTRADICTORY", "`required` is true and `stage` is onError, whose hooks only look on"],
    [{ stage: "afterRunAgent", schedule: { every: "1h" } }, "METADATA_CONTRADICTORY", "`stage` is afterRunAgent, which requests come to, not slots"],
    [{ stage: "afterRunAgent", mode: "one-shot" }, "METADATA_CONTRADICTORY", '`mode` is "one-shot" and `stage` is afterRunAgent'],
    [{ stage: "onError", limits: { debounce_ms: 10 } }, "METADATA_CONTRADICTORY", "`limits.debounce_ms` is 10 and `stage` is onError"],
  ];
  test.each(cases.map(([fields, code, message, meant]) => [fields, code, message, meant ?? "anything"] as const))("%j", (fields, code, message, did_you_mean) => {
    const error = refusal({ fields });
    expect(error.code as string).toBe(code);
    expect(error.message).toContain(message);
    if (did_you_mean !== "anything") expect(error.details.did_you_mean).toEqual(did_you_mean);
  });

  test("an empty cron text is left to the validator of schedules", () => {
    expect(read({ fields: { schedule: { cron: "" } } }).metadata.schedule).toEqual({ cron: "" });
  });

  test("every problem is a finding, with the line of the field", () => {
    const text = "export const hook = {\n  mode: 'sometimes',\n  limits: {\n    timeout_ms: -1,\n  },\n  handler() {},\n};";
    const error = refusal({ text, fields: { mode: "sometimes", limits: { timeout_ms: -1 } } });
    expect(error.message).toStartWith('/scripts/my-hook.ts:2: `mode` is "sometimes"');
    expect(error.details.findings?.map((finding) => finding.line)).toEqual([2, 4]);
  });

  test("a field that is no data is named", () => {
    const error = refusal({ notData: ["triggers.event.match (function)"] });
    expect(error.code).toBe("METADATA_INVALID");
    expect(error.message).toContain("`triggers.event.match` is no data (function)");
  });

  test("a wrong option is told apart from the script", () => {
    expect(refusal({ flags: { limits: { concurrency: 1_000 } } }).message).toContain("option: `limits.concurrency` is 1000");
  });

  test("an option does not hide a contradiction inside the script", () => {
    expect(refusal({ text: "/** @mode one-shot */", fields: { mode: "persistent" }, flags: { mode: "persistent" } }).code).toBe("METADATA_CONTRADICTORY");
  });
});

describe("JSDoc tags", () => {
  test("the tags of a stage hook; @required alone says yes, also behind another tag", () => {
    for (const text of ["@stage afterRunAgent @priority 7 @required", "@stage afterRunAgent\n * @priority 7\n * @required true"]) {
      expect(read({ text: `/** ${text} */\nexport default function (ctx) {}` }).metadata).toMatchObject({ stage: "afterRunAgent", priority: 7, required: true });
    }
    expect(read({ text: "/** @stage afterRunAgent @required false */\nexport default function (ctx) {}" }).metadata.required).toBe(false);
  });

  test("every tag is read", () => {
    const text = `/**
 * Looks after things.
 * @name Tagged   @mode one-shot
 * @description First line
 *   and a second.
 * @stage runAutomations
 * @priority -3
 * @isolation fresh
 * @cron *\\/5 * * * *
 * @timezone Europe/Berlin
 * @catch_up all
 * @jitter 10s
 * @timeout_ms 30_000
 * @concurrency 1
 * @memory_mb 64
 * @llm_calls 0
 * @max_fires_per_hour 5
 * @debounce_ms 10
 * @debounce_max_ms 100
 * @throttle 10/1m
 * @param ctx the context
 * @returns nothing
 */
export default function (ctx) {}`;
    expect(read({ text }).metadata).toEqual({
      name: "Tagged",
      description: "First line and a second.",
      mode: "one-shot",
      stage: "runAutomations",
      priority: -3,
      isolation: "fresh",
      config: {},
      schedule: { cron: "*/5 * * * *", timezone: "Europe/Berlin", catch_up: "all", jitter: "10s" },
      limits: { timeout_ms: 30_000, concurrency: 1, memory_mb: 64, llm_calls: 0, max_fires_per_hour: 5, debounce_ms: 10, debounce_max_ms: 100, throttle: { count: 10, per_ms: 60_000 } },
    });
  });

  test.each([
    ["0 9 * * 1-5", { cron: "0 9 * * 1-5" }],
    ["every 15m", { every: "15m" }],
    ["15m", { every: "15m" }],
    ["1h 30m", { every: "1h 30m" }],
    ["at 2030-01-01T00:00:00Z", { at: "2030-01-01T00:00:00Z" }],
    ["2030-01-01T00:00:00Z", { at: "2030-01-01T00:00:00Z" }],
    ["@daily", { cron: "@daily" }],
  ])("@schedule %s", (value, schedule) => {
    expect(read({ text: `/** @schedule ${value} */` }).metadata.schedule).toEqual(schedule);
  });

  test.each([
    ["before the imports", "/** @name X */\nimport a from 'a';\nexport default () => {};"],
    ["after the imports", "import a, { b } from 'a';\nimport 'c';\nconst d = require('d');\n/** @name X */\nexport default () => {};"],
    ["after a shebang, a line comment and a directive", "#!/usr/bin/env bun\n// note\n'use strict';\n/** @name X */\nexport default () => {};"],
    ["right before the hook, far down", "const a = 1;\nfunction f() {}\n\n/** @name X */\nexport const hook = {};"],
    ["before the function that is exported by name", "const a = 1;\n/** @name X */\nasync function check() {}\nexport default check;"],
    ["before module.exports", "const a = 1;\n/** @name X */\nmodule.exports = () => {};"],
    ["directly before other code, as the first comment", "/** @name X */\nconst LIMIT = 3;\nexport default () => {};"],
    ["with Windows line ends", "/**\r\n * @name X\r\n */\r\nexport default () => {};"],
  ])("are found %s", (_where, text) => {
    expect(read({ text }).metadata.name).toBe("X");
  });

  test.each([
    ["the doc of a helper", "import a from 'a';\n\n/** About a. */\n\n/** @name helper */\nfunction help() {}\nexport default () => {};"],
    ["a doc comment in a text", "const t = `\n/** @name inner */\n`;\nexport default () => {};"],
    ["an ordinary comment", "/* @name plain */\n// @name line\nexport default () => {};"],
    ["a mention inside a word", "/** Mail to a@name.org */\nexport default () => {};"],
  ])("are not read from %s", (_what, text) => {
    expect(read({ text }).metadata.name).toBe("my-hook");
  });

  test("the standard tags of JSDoc and TypeScript are ignored, also where they resemble ours", () => {
    const tags = "@param {X} a @returns b @example c @see d @author e @deprecated @license MIT @file f @fileoverview g @type {H} @typedef {I} J @import k @template T @throws l @todo m @since n @version 1 @ts-check @event o @module p @access q";
    const text = `/**\n${tags.split(" @").map((tag) => ` * @${tag.replace(/^@/, "")}`).join("\n")}\n */\nexport default () => {};`;
    expect(read({ text }).metadata.name).toBe("my-hook");
  });

  test("an unknown tag that resembles ours is refused with the line and the right name", () => {
    const error = refusal({ text: "/**\n * @name X\n * @shedule 0 9 * * *\n */\nexport default () => {};" });
    expect(error.code).toBe("METADATA_INVALID");
    expect(error.message).toBe("/scripts/my-hook.ts:3: unknown tag @shedule; did you mean @schedule?");
    expect(error.details.did_you_mean).toEqual(["@schedule"]);
  });

  test("an unknown tag that resembles nothing is somebody else's", () => {
    expect(read({ text: "/** @wibblewobble yes */\nexport default () => {};" }).metadata.name).toBe("my-hook");
  });

  test("a field that has no tag says where it goes", () => {
    expect(refusal({ text: "/** @triggers email */" }).message).toContain("there is no tag @triggers; export the hook as an object");
  });

  test("a tag without or with a wrong value is refused with its line", () => {
    expect(refusal({ text: "/**\n * @mode\n */" }).message).toBe("/scripts/my-hook.ts:2: the tag @mode has no value");
    expect(refusal({ text: "/** @timeout_ms soon */" }).message).toContain('1: @timeout_ms: `limits.timeout_ms` is "soon"; expected a whole number');
  });

  test("a tag and the object that disagree are named with both values and lines", () => {
    const text = "/**\n * @timeout_ms 500\n */\nexport const hook = {\n  limits: { timeout_ms: 900 },\n  handler() {},\n};";
    const error = refusal({ text, fields: { limits: { timeout_ms: 900 } } });
    expect(error.code).toBe("METADATA_CONTRADICTORY");
    expect(error.message).toBe("/scripts/my-hook.ts:2: @timeout_ms is 500 in line 2 and `limits.timeout_ms` of the exported object is 900 in line 5; keep one of them");
  });

  test("a tag and the object that agree in other words are no contradiction", () => {
    expect(read({ text: "/** @throttle 10/1m\n * @name X */", fields: { name: " X ", limits: { throttle: { count: 10, per_ms: 60_000 } } } }).metadata.name).toBe("X");
  });

  test("two kinds of schedule in one file are a contradiction", () => {
    expect(refusal({ text: "/** @every 5m */", fields: { triggers: { schedule: { cron: "0 9 * * *" } } } }).code).toBe("METADATA_CONTRADICTORY");
  });

  test("one tag twice with two values is a contradiction", () => {
    expect(refusal({ text: "/**\n * @mode one-shot\n * @mode persistent\n */" }).message).toContain('@mode is "one-shot" in line 2 and @mode is "persistent" in line 3');
  });
});

describe("the slug", () => {
  test.each([
    ["Casey Safety Check", "casey-safety-check"],
    ["  Überraschung für Zoë!  ", "uberraschung-fur-zoe"],
    ["Łódź & Straße #1", "lodz-strasse-1"],
    ["Casey's check", "caseys-check"],
    ["x".repeat(80), "x".repeat(64)],
    [`${"x".repeat(63)} y`, "x".repeat(63)],
    ["检查", "my-hook"],
  ])("of %s is %s", (name, slug) => {
    expect(read({ fields: { name } }).slug).toBe(slug);
  });

  test("neither from the name nor from the file is an error that says what to do", () => {
    const error = refusal({ fields: { name: "检查" }, file: "…ч.ts" });
    expect(error.code).toBe("METADATA_INVALID");
    expect(error.details.hint).toContain("--name");
  });
});
