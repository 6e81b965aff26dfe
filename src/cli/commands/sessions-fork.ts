import { NexusError } from "../../engine/core/errors.ts";
import { forkSession, sessionByKey } from "../../engine/store/sessions.ts";
import { ancestry } from "../../engine/store/turns.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { sessionView } from "../broker-views.ts";
import { emit, emitJson, paint, printable } from "../output.ts";
import { withStore } from "../workspace.ts";
import { sessionOrThrow } from "./sessions-show.ts";

/** Turns back that can be forked from. */
const REACH = 100_000;

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const key = textOption(call, "as") ?? `${call.args[0] ?? ""}:fork:${Date.now().toString(36)}`;
    const dryRun = flag(call, "dryRun");
    const fork = store.write(() => {
      const from = sessionOrThrow(store, call.args[0] ?? "");
      const at = textOption(call, "at") ?? from.head_turn_id;
      if (at === undefined || from.head_turn_id === undefined) throw new NexusError("SESSION_EMPTY", `${from.key} has no ended turn to fork from`);
      if (!ancestry(store, from.head_turn_id, REACH).some(({ id }) => id === at)) throw new NexusError("SESSION_EMPTY", `${at} is no turn of the history of ${from.key}`, { next: [`nexus sessions show ${from.key}`] });
      if (sessionByKey(store, key) !== undefined) throw new NexusError("SESSION_EXISTS", `there is a session ${key} already`, { hint: "choose another name with --as" });
      if (dryRun) return { ...from, key, forked_from: from.key, head_turn_id: at };
      forkSession(store, from, key, at, Date.now());
      return sessionByKey(store, key) ?? from;
    });
    if (call.json) return emitJson({ ...sessionView(fork), ...(dryRun ? { dry_run: true } : {}) });
    if (call.quiet) return emit(printable(key));
    emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}Session forked: ${printable(key)} begins with the turn ${fork.head_turn_id ?? ""}`);
  });
