import { originAdapter, type Principal, type StoredEvent } from "../core/event.ts";
import type { Hook, Triggers } from "../core/hook.ts";
import { includes, type Mismatch } from "../core/mismatch.ts";
import { principalMismatch } from "../core/principal-match.ts";

type Matchable = { readonly id: string; readonly version: { readonly metadata: Pick<Hook["version"]["metadata"], "triggers" | "schedule"> } };

/** The first condition of a hook that an event fails; undefined when the hook is to see it. Pure. */
export function mismatch(hook: Matchable, event: StoredEvent, principal: Principal): Mismatch | undefined {
  const { triggers, schedule } = hook.version.metadata;
  if (event.addressed_to !== undefined) {
    return event.addressed_to === hook.id ? undefined : { condition: "addressed_to", expected: hook.id, actual: event.addressed_to };
  }
  if (isOwnAnswer(hook.id, event) && triggers?.event?.types?.includes("agent_response") !== true) return { condition: "event.type", expected: "anything but the answer to its own fire (unless `types` names agent_response)", actual: event.type };
  if (triggers === undefined) {
    return schedule === undefined ? undefined : { condition: "schedule", expected: "its own slots only", actual: event.type };
  }
  const { principal: wanted } = triggers;
  return (wanted === undefined ? undefined : principalMismatch(wanted, principal)) ?? eventMismatch(triggers, event) ?? refMismatch(triggers, event);
}

/** What its own fire led to: a hook for every event would else ask its agent about the agent's answers. */
function isOwnAnswer(hookId: string, { type, metadata }: StoredEvent): boolean {
  const hooks = type === "agent_response" ? metadata["hook_ids"] : undefined;
  return Array.isArray(hooks) && hooks.includes(hookId);
}

function eventMismatch({ event: wanted }: Triggers, event: StoredEvent): Mismatch | undefined {
  if (wanted === undefined) return undefined;
  const { channels, types, directions, adapters, thread_id, sender_id, metadata } = wanted;
  const checks = [
    ["channels", channels, event.channel],
    ["types", types, event.type],
    ["directions", directions, event.direction],
    ["adapters", adapters, originAdapter(event)],
    ["thread_id", thread_id, event.thread_id],
    ["sender_id", sender_id, event.sender_id],
  ] as const;
  for (const [name, expected, actual] of checks) {
    if (expected !== undefined && !includes(expected, actual)) return { condition: `event.${name}`, expected, actual };
  }
  for (const [path, expected] of Object.entries(metadata ?? {})) {
    const actual = valueAt(event.metadata, path);
    if (!includes(expected, actual)) return { condition: `event.metadata.${path}`, expected, actual };
  }
  return undefined;
}

function refMismatch({ ref }: Triggers, event: StoredEvent): Mismatch | undefined {
  if (ref === undefined) return undefined;
  const name = event.metadata["ref_name"];
  const matches = event.type === "ref_updated" && typeof name === "string" && globsOf(ref.names).some((glob) => glob.match(name));
  return matches ? undefined : { condition: "ref.names", expected: ref.names, actual: event.type === "ref_updated" ? name : event.type };
}

/** Compiled once for each version's list of names. */
const compiled = new WeakMap<readonly string[], readonly Bun.Glob[]>();

function globsOf(names: readonly string[]): readonly Bun.Glob[] {
  let globs = compiled.get(names);
  if (globs === undefined) {
    globs = names.map((name) => new Bun.Glob(name));
    compiled.set(names, globs);
  }
  return globs;
}

/** `a.b.c` into nested objects; a key that itself has dots is found too. */
export function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, path)) return Reflect.get(value, path);
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const head = path.slice(0, dot);
    if (Object.hasOwn(value, head)) return valueAt(Reflect.get(value, head), path.slice(dot + 1));
  }
  return undefined;
}
