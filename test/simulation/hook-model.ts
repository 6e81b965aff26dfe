import type { Hook, HookVersion } from "../../src/engine/core/hook.ts";
import type { StoredEvent } from "../../src/engine/core/event.ts";
import type { Act } from "./hook-acts.ts";
import { BreakerModel } from "./breaker-model.ts";

/** A row of `hook_invocations`, as the checks read it. */
export interface Row {
  readonly rowid: number;
  readonly hook_id: string;
  readonly event_id: string;
  readonly version_id: string;
  readonly outcome: string;
  readonly fired: number;
}

/** The last thing a script did with an event. */
export interface Done {
  readonly act: Act;
  readonly version: string;
  /** What it wrote as its count, if it wrote. */
  readonly counted: number | undefined;
}

/** What should be true of one hook, from what was seen of it. */
export class HookModel {
  hook: Hook;
  /** It sees what is stored from now on. */
  active: boolean;
  readonly breaker: BreakerModel;
  /** A command has closed the breaker, and the engine has not looked since. */
  resetUnseen = false;
  /** How it was when the engine last committed: what it decided since then it decided by that. */
  seen = { open: false, inactive: false };
  /** Fires of this life of a one-shot. */
  firesOfLife = 0;
  fires = 0;
  /** Of its last outcome, by the stream in which order holds. */
  readonly lastSeq = new Map<string, number>();
  /** Its versions have ever allowed more than one at a time, or held events back: then there is no one order. */
  ordered = true;
  limits = new Set<string>();
  readonly versions = new Map<string, HookVersion>();
  readonly done = new Map<string, Done>();
  /** Events at the runtime. */
  readonly flying = new Set<string>();
  /** How often its script has begun with an event. */
  readonly tries = new Map<string, number>();
  /** Its outcomes, by event. */
  readonly rows = new Map<string, Row>();
  /** It was never changed since it was registered: then not one of its slots may be missing. */
  untouched = true;

  constructor(hook: Hook, rules: { readonly failures: number; readonly cooldown_ms: number }) {
    this.hook = hook;
    this.active = hook.active_from_seq !== undefined;
    this.breaker = new BreakerModel(rules.failures, rules.cooldown_ms);
    this.take(hook);
  }

  take(hook: Hook): void {
    const { metadata } = hook.version;
    this.hook = hook;
    this.active = hook.active_from_seq !== undefined;
    this.versions.set(hook.version.id, hook.version);
    if (metadata.limits.concurrency > 1 || metadata.limits.debounce_ms !== undefined) this.ordered = false;
    for (const name of ["debounce_ms", "throttle", "max_fires_per_hour"] as const) if (metadata.limits[name] !== undefined) this.limits.add(name);
  }

  /** Another process changed it, and may have closed its breaker. */
  change(hook: Hook, closed: boolean): void {
    const { id } = this.hook.version;
    const wasActive = this.active;
    this.take(hook);
    this.untouched = false;
    if (hook.version.id !== id || closed) this.resetUnseen = true;
    if (hook.version.id !== id || (!wasActive && this.active)) this.firesOfLife = 0;
  }

  look(): void {
    if (!this.resetUnseen) return;
    this.resetUnseen = false;
    this.breaker.reset();
  }

  committed(): void {
    this.seen = { open: this.breaker.state !== "closed", inactive: !this.active };
  }

  matches(event: StoredEvent): boolean {
    const { triggers, schedule } = this.hook.version.metadata;
    if (event.addressed_to !== undefined) return event.addressed_to === this.hook.id;
    if (triggers === undefined) return schedule === undefined;
    return triggers.event?.types?.includes(event.type) ?? true;
  }

  /** What is wrong with a row that says the script was not asked. */
  skip(row: Row): string | undefined {
    const { outcome } = row;
    if (outcome === "skipped_disabled") return !this.active || this.seen.inactive ? undefined : "it is neither disabled nor deleted nor spent";
    if (outcome === "skipped_circuit") return this.breaker.state !== "closed" || this.seen.open ? undefined : "its breaker is closed";
    const limit = { skipped_debounced: "debounce_ms", skipped_throttled: "throttle", skipped_quota: "max_fires_per_hour" }[outcome];
    if (limit !== undefined) return this.limits.has(limit) ? undefined : `it has no ${limit}`;
    return outcome === "dead" ? undefined : `${outcome} is no outcome`;
  }
}

/** The outcome that stands for what a script did. */
export function outcomeOf({ kind, fire }: Act): string {
  switch (kind) {
    case "answers":
      return fire ? "fired" : "no_fire";
    case "throws":
    case "invalid":
    case "bad_emit":
    case "exits":
      return "error";
    case "slow":
    case "hangs":
    case "stuck":
      return "timeout";
    case "memory":
    case "dies":
    case "kills":
      return "crashed";
  }
}
