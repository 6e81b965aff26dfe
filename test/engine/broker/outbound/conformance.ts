import { describe, expect, test } from "bun:test";
import type { Outbound, OutboundMessage, SendResult } from "../../../../src/engine/broker/outbound/outbound.ts";
import { T0 } from "../../../helpers/rows.ts";
import type { Behaviour } from "./receiver.ts";

/** An adapter before a receiver that behaves in one way. */
export interface Scene extends AsyncDisposable {
  readonly outbound: Outbound;
  /** When the receiver has the message. */
  readonly arrived: Promise<unknown>;
  /** The texts that the receiver was given, in order. */
  texts(): Promise<readonly string[]>;
  /** When nothing runs any more that an attempt started; what stays lets the test run into its time limit. */
  ended(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  open(behaviour: Behaviour, options: { readonly timeoutMs: number; readonly secret?: string }): Promise<Scene>;
  /** What each behaviour leads to. What is not named cannot happen to the adapter. */
  readonly expected: Readonly<Partial<Record<Behaviour, Partial<SendResult>>>>;
}

export const CANARY = "canary-7Qw9zX_secret:value";

export function outboundMessage(parts: Partial<OutboundMessage> = {}): OutboundMessage {
  return { delivery_id: "dlv_01KFZ0000000000000000000", text: "It is done.", part: 1, parts: 1, event_id: "agent:turn_1", session_key: "default", agent: "atlas", channel: "test", created_at: T0, ...parts };
}

const never = (): AbortSignal => new AbortController().signal;
const LONG_MS = 60_000;
const UNICODE = 'Grüße 👨‍👩‍👧‍👦 — "你好"\n\tقطة \\u0000 \u2028 it’s $(rm) `x` 100 %';

/** What every adapter keeps, whatever it talks to. */
export function conformance(subject: Subject): void {
  const { expected, open } = subject;
  const sends = (behaviour: Behaviour, options: { readonly timeoutMs: number }) => async (): Promise<void> => {
    await using scene = await open(behaviour, options);
    expect(await scene.outbound.send(outboundMessage(), never())).toMatchObject(expected[behaviour] ?? {});
    await scene.ended();
  };

  describe(subject.name, () => {
    test("what is accepted is sent, with the receiver's receipt", sends("accept", { timeoutMs: LONG_MS }));
    for (const behaviour of ["refuse", "limit", "garbage", "flood", "unreachable"] as const) {
      if (expected[behaviour] !== undefined) test(`a receiver that does this: ${behaviour}`, sends(behaviour, { timeoutMs: LONG_MS }));
    }

    test("the text arrives as it was given", async () => {
      await using scene = await open("accept", { timeoutMs: LONG_MS });
      await scene.outbound.send(outboundMessage({ text: UNICODE }), never());
      expect(await scene.texts()).toEqual([UNICODE]);
    });

    test("a result says whether the same again may succeed, and names the adapter", async () => {
      for (const behaviour of ["refuse", "limit", "unreachable"] as const) {
        if (expected[behaviour] === undefined) continue;
        await using scene = await open(behaviour, { timeoutMs: LONG_MS });
        const result = await scene.outbound.send(outboundMessage(), never());
        expect(result).toMatchObject({ sent: false, retryable: expect.any(Boolean), message: expect.stringContaining("outbound.test") });
      }
    });

    test("a secret is in no result, even where the receiver repeats it", async () => {
      await using scene = await open("refuse", { timeoutMs: LONG_MS, secret: CANARY });
      const result = JSON.stringify(await scene.outbound.send(outboundMessage(), never()));
      for (const form of [CANARY, encodeURIComponent(CANARY), btoa(CANARY)]) expect(result).not.toContain(form);
    });

    test("a signal that is aborted already sends nothing", async () => {
      await using scene = await open("accept", { timeoutMs: LONG_MS });
      expect(await scene.outbound.send(outboundMessage(), AbortSignal.abort())).toMatchObject({ sent: false, code: "OUTBOUND_ABORTED", retryable: true });
      expect(await scene.texts()).toEqual([]);
    });

    if (expected.hang === undefined) return;

    test("a receiver that hangs is left at the deadline", sends("hang", { timeoutMs: 80 }));

    test("the signal ends a send at once", async () => {
      await using scene = await open("hang", { timeoutMs: LONG_MS });
      const controller = new AbortController();
      const sending = scene.outbound.send(outboundMessage(), controller.signal);
      await scene.arrived;
      controller.abort();
      expect(await sending).toMatchObject({ sent: false, code: "OUTBOUND_ABORTED", retryable: true });
      await scene.ended();
    });
  });
}
