import { expect, test } from "bun:test";
import { eventsAlike } from "../../../src/engine/store/alike.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { message, tempStore } from "../../helpers/rows.ts";

test("what is most alike comes first; nothing later, nothing denied, and no word is an operator", () => {
  using temp = tempStore();
  const texts = ["the invoice of march is late", "lunch tomorrow", "where is the invoice for march and the invoice for april", "invoice", "secret invoice of march"];
  const denied = (event: { content?: string }): { denied: boolean } => ({ denied: event.content?.startsWith("secret") === true });
  insertEvents(temp.store, texts.map((content, n) => message(n + 1, { content })), { maxDepth: 8, maxChain: 100, standingOf: denied });
  const alike = (content: string, seq = 100, limit = 10): string[] => eventsAlike(temp.store, { seq, content }, limit).map(({ id }) => id);
  const both = alike("Invoice, march!");
  expect([both.slice(0, 2).toSorted(), both.slice(2)]).toEqual([["test:1", "test:3"], ["test:4"]]);
  expect(alike("invoice march", 3)).toEqual(["test:1"]);
  expect(alike("invoice march", 100, 1)).toHaveLength(1);
  expect(alike('NEAR OR AND "x" invoice*')).toContain("test:4");
  expect(alike("? !")).toEqual([]);
  expect(alike("invoice", 100, 0)).toEqual([]);
});
