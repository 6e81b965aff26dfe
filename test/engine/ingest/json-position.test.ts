import { expect, test } from "bun:test";
import fc from "fast-check";
import { jsonErrorPosition } from "../../../src/engine/ingest/json-position.ts";

test.each([
  ['{"a":}', 1, 6, '"}"'],
  ['{"a":1,}', 1, 8, '"}"'],
  ["[1}", 1, 3, '"}"'],
  ["{a:1}", 1, 2, '"a"'],
  ["[1 2]", 1, 4, '"2"'],
  ['\n\n  {"a":\n tru}', 4, 2, '"t"'],
  ['"a\\x"', 1, 3, '"\\\\"'],
  ["", 1, 1, "the end of the text"],
  ['{"a":[1,2', 1, 10, "the end of the text"],
  ["{} {}", 1, 4, '"{"'],
])("%j is wrong at line %d, column %d", (text, line, column, found) => {
  expect(jsonErrorPosition(text)).toEqual({ line, column, found });
});

test("it finds an error exactly where JSON.parse does, and none elsewhere", () => {
  const mutated = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom(...Array.from("{}[]:,\"\\ 019.-e+tfn\n\u0001")), fc.boolean())
    .map(([json, at, char, replace]) => json.slice(0, at % (json.length + 1)) + char + json.slice((at % (json.length + 1)) + (replace ? 1 : 0)));
  fc.assert(
    fc.property(mutated, (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect(jsonErrorPosition(text) === undefined).toBe(valid);
    }),
    { numRuns: 3_000 },
  );
});

test("no nesting exhausts its stack", () => {
  expect(jsonErrorPosition("[".repeat(500_000))).toMatchObject({ column: 500_001 });
});
