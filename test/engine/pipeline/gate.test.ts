import { expect, test } from "bun:test";
import { Gate } from "../../../src/engine/pipeline/gate.ts";

const limits = { max_uncommitted: 100, max_uncommitted_bytes: 1_000_000, max_waiting: 10_000 };

function codeOf(body: () => void): string | undefined {
  try {
    body();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("what waits to be committed has a limit in events and in bytes, and one source may have half of it", () => {
  const gate = new Gate(limits, () => 0);
  gate.enter("noisy", 50, 100);
  expect(codeOf(() => gate.enter("noisy", 1, 1))).toBe("QUEUE_FULL");
  expect(codeOf(() => gate.enter("quiet", 10, 1))).toBeUndefined();
  expect(codeOf(() => gate.enter("other", 1, 1_000_000))).toBe("QUEUE_FULL");
  expect(codeOf(() => gate.enter("other", 41, 1))).toBe("QUEUE_FULL");
  gate.leave("noisy", 50, 100);
  expect(codeOf(() => gate.enter("noisy", 50, 1))).toBeUndefined();
});

test("what was refused takes no room: refused and accepted together are what was asked", () => {
  const gate = new Gate(limits, () => 0);
  let accepted = 0;
  let refused = 0;
  for (let n = 0; n < 1_000; n += 1) {
    if (codeOf(() => gate.enter(`s${n % 7}`, 1, 10)) === undefined) accepted += 1;
    else refused += 1;
  }
  expect([accepted, refused]).toEqual([100, 900]);
});

test("a single call is let in whatever its size when nothing waits", () => {
  const gate = new Gate(limits, () => 0);
  expect(codeOf(() => gate.enter("batch", 5_000, 9_000_000))).toBeUndefined();
  expect(codeOf(() => gate.enter("quiet", 1, 1))).toBe("QUEUE_FULL");
});

test("from half of max_waiting on the source that makes the noise is refused, at max_waiting every source", () => {
  let waiting = 0;
  const gate = new Gate(limits, () => waiting);
  const once = (source: string): string | undefined => {
    const code = codeOf(() => gate.enter(source, 1, 1));
    if (code === undefined) gate.leave(source, 1, 1);
    return code;
  };
  for (let n = 0; n < 1_024; n += 1) once(n % 4 === 0 ? "quiet" : "noisy");
  waiting = 4_999;
  expect(once("noisy")).toBeUndefined();
  waiting = 5_000;
  // switch: mutant gate-without-shares
  expect(once("noisy")).toBe("QUEUE_FULL");
  expect(once("quiet")).toBeUndefined();
  waiting = 10_000;
  // switch: mutant gate-without-end
  expect(once("quiet")).toBe("QUEUE_FULL");
  // Others have made the newest calls meanwhile: it is no longer the noisy one.
  waiting = 5_000;
  for (let n = 0; n < 600; n += 1) once("quiet");
  expect(once("noisy")).toBeUndefined();
});
