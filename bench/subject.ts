import type { NewEvent } from "../src/engine/core/event.ts";

/** What is measured: something that takes events and says when their invocation rows are committed. */
export interface Subject {
  emit(events: readonly NewEvent[]): void;
  /** Called after each commit with the event of each invocation row in it. */
  onCommitted: (eventIds: readonly string[]) => void;
  close(): Promise<void>;
}

export interface SubjectOptions {
  readonly home: string;
  /** Hooks that see every event. */
  readonly hooks: number;
  readonly durability: "full" | "normal";
}
