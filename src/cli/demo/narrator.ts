import type { Hook } from "../../engine/core/hook.ts";
import type { Notice } from "../../engine/core/notice.ts";
import type { Recorded } from "../../engine/pipeline/recorder.ts";
import { isFailure } from "../../engine/core/invocation.ts";
import type { Store } from "../../engine/store/open.ts";
import { turnById } from "../../engine/store/turns.ts";
import { emit, emitJson, isTerminal, isoTime, oneLine, paint } from "../output.ts";

/** The story plays in Berlin. */
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" });

/** Tells what the engine decides while it decides it: every fire, failure and answer a line, in the demo's own time. */
export class Narrator {
  readonly #json: boolean;
  readonly #store: Store;
  readonly #hooks: Map<string, Hook>;
  fires = 0;
  invocations = 0;
  failures = 0;

  constructor(hooks: readonly Hook[], store: Store, json: boolean) {
    this.#store = store;
    this.#json = json;
    this.#hooks = new Map(hooks.map((hook) => [hook.id, hook]));
  }

  title(text: string): void {
    if (!this.#json) emit(`\n${paint("bold", text)}`);
  }

  text(text: string): void {
    if (!this.#json) emit(text);
  }

  readonly recorded = ({ invocations, dispatches }: Recorded): void => {
    this.invocations += invocations.length;
    for (const { outcome, hook_id, event_id, error } of invocations) {
      if (!isFailure(outcome)) continue;
      this.failures += 1;
      if (this.#json) emitJson({ decision: outcome, hook: this.#slug(hook_id), event_id, error });
      else emit(`  ${paint("red", outcome.padEnd(5))} ${this.#slug(hook_id)}  ${event_id}  ${oneLine(error ?? "")}`);
    }
    for (const dispatch of dispatches) {
      this.fires += 1;
      const slug = this.#slug(dispatch.hook_id);
      if (this.#json) emitJson({ decision: "fired", at: isoTime(dispatch.created_at), hook: slug, event_id: dispatch.event_id, dispatch_id: dispatch.id, agent: dispatch.agent, prompt: dispatch.prompt });
      else emit(`  ${paint("dim", CLOCK.format(dispatch.created_at))} ${paint("green", "fired")} ${slug.padEnd(22)} ${paint("dim", shorten(oneLine(dispatch.prompt ?? ""), isTerminal() ? Math.max(20, process.stdout.columns - 38) : 84))}`);
    }
  };

  /** Answers are told when they are stored; the event they answer was told before. */
  readonly notice = ({ kind, data }: Notice): void => {
    if (kind !== "turn_ended") return;
    const turn = turnById(this.#store, String(data["turn"]));
    if (turn === undefined) return;
    const { id, agent, status, answer, error } = turn;
    if (this.#json) emitJson({ turn: id, agent, status, answer, error });
    else emit(`  ${paint("dim", CLOCK.format(turn.started_at))} ${paint(status === "done" ? "green" : "red", status === "done" ? "answer" : status)} ${agent.padEnd(21)} ${paint("dim", shorten(oneLine(answer?.trim() ?? error ?? ""), isTerminal() ? Math.max(20, process.stdout.columns - 38) : 84))}`);
  };

  #slug(hookId: string): string {
    return this.#hooks.get(hookId)?.slug ?? hookId;
  }
}

function shorten(text: string, width: number): string {
  return Bun.stringWidth(text) <= width ? text : `${Bun.sliceAnsi(text, 0, width - 1)}…`;
}
