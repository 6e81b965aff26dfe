import { systemClock } from "../engine/core/clock.ts";
import { createIds } from "../engine/core/ids.ts";
import { PersonRegistry, type PersonChange } from "../engine/registry/person-registry.ts";
import type { Call } from "./call.ts";
import { flag } from "./call.ts";
import { emit, emitJson, paint } from "./output.ts";
import { personView } from "./views.ts";
import { withStore } from "./workspace.ts";

/** The common way of the commands that change one person: do it, then print the person, or a sentence about it. */
export async function changePerson(call: Call, mode: "change" | "create", act: (registry: PersonRegistry, write: { dryRun: boolean }) => PersonChange, sentence: (change: PersonChange) => string): Promise<void> {
  const dryRun = flag(call, "dryRun");
  await withStore(call, mode, (store) => {
    const done = act(new PersonRegistry({ store, clock: systemClock, ids: createIds() }), { dryRun });
    if (call.json) emitJson({ ...personView(done.person), changed: done.changed, ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(done.person.id);
    else emit(`${done.changed ? paint("green", "✓") : "·"} ${dryRun ? "[dry run] " : ""}${sentence(done)}`);
  });
}
