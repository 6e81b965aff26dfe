import { HOUR_MS } from "../../engine/core/retention.ts";
import type { Branch, Passage, Ref, RefExecution, RefHook, RefUpdate } from "../../engine/core/ref.ts";
import { listBranches } from "../../engine/store/branches.ts";
import { passageById } from "../../engine/store/passages.ts";
import { executionsOfHook, executionsOfUpdate, executionStats, type ExecutionStats } from "../../engine/store/ref-executions.ts";
import { listRefHooks } from "../../engine/store/ref-hooks.ts";
import { listWebhooks, type RefWebhook } from "../../engine/store/ref-outbox.ts";
import { historyOf, listRefs, refByName } from "../../engine/store/refs.ts";
import { listRuns, type Run } from "../../engine/store/runs.ts";
import type { ReaderHome } from "./reader-home.ts";

export const REFS_TABS = ["refs", "branches", "hooks", "runs", "outbox"] as const;

export interface RefsAnswer {
  readonly refs?: readonly (Pick<Ref, "name" | "passage_id" | "updated_at"> & { readonly type: string; readonly words: string })[];
  readonly branches?: readonly (Branch & { readonly parent?: string })[];
  readonly hooks?: readonly (RefHook & { readonly stats?: ExecutionStats })[];
  readonly runs?: readonly Run[];
  readonly outbox?: readonly RefWebhook[];
  readonly more: boolean;
}

export interface RefDetail {
  readonly ref?: Ref;
  readonly passage?: Passage;
  readonly history?: readonly (RefUpdate & { readonly executions: readonly RefExecution[] })[];
  /** Hooks, and what they did in updates that were undone. */
  readonly hooks?: readonly (RefHook & { readonly executions: readonly RefExecution[] })[];
}

const MOST = 500;
const MOST_HISTORY = 100;
const MOST_WORDS = 120;

export function readRefs(home: ReaderHome, { tab, now }: { readonly tab: string; readonly now: number }): RefsAnswer {
  const { store } = home;
  switch (tab) {
    case "branches": {
      const branches = listBranches(store, "", MOST + 1);
      const names = new Map(branches.map(({ id, prefix, name }) => [id, `${prefix}/${name}`]));
      return { branches: branches.slice(0, MOST).map((one) => ({ ...one, ...(one.parent_id === undefined ? {} : { parent: names.get(one.parent_id) ?? one.parent_id }) })), more: branches.length > MOST };
    }
    case "hooks": {
      const hooks = listRefHooks(store, { enabledOnly: false, limit: MOST + 1 });
      const stats = new Map(home.seldom("executions", now, () => executionStats(store, now - 24 * HOUR_MS)).map((one) => [one.hook_id, one]));
      return { hooks: hooks.slice(0, MOST).map((one) => ({ ...one, ...(stats.get(one.id) === undefined ? {} : { stats: stats.get(one.id)! }) })), more: hooks.length > MOST };
    }
    case "runs": {
      // Seldom: with what each was given and has answered.
      const runs = home.seldom("runs", now, () => listRuns(store, { limit: MOST + 1 }));
      return { runs: runs.slice(0, MOST), more: runs.length > MOST };
    }
    case "outbox": {
      const outbox = home.seldom("outbox", now, () => listWebhooks(store, undefined, MOST + 1));
      return { outbox: outbox.slice(0, MOST), more: outbox.length > MOST };
    }
    default: {
      const refs = listRefs(store, "", MOST + 1);
      return {
        refs: refs.slice(0, MOST).map(({ name, passage_id, updated_at }) => {
          const passage = passageById(store, passage_id);
          return { name, passage_id, updated_at, type: passage?.type ?? "-", words: (passage?.content ?? "").slice(0, MOST_WORDS) };
        }),
        more: refs.length > MOST,
      };
    }
  }
}

export function readRef({ store }: ReaderHome, { id, tab }: { readonly id: string; readonly tab: string }): RefDetail {
  const ref = refByName(store, id);
  const known = ref === undefined ? {} : { ref };
  switch (tab) {
    case "hooks":
      return { ...known, hooks: listRefHooks(store, { ref_name: id, enabledOnly: false, limit: MOST }).map((hook) => ({ ...hook, executions: executionsOfHook(store, hook.id, 10) })) };
    case "passage": {
      const passage = ref === undefined ? undefined : passageById(store, ref.passage_id);
      return { ...known, ...(passage === undefined ? {} : { passage }) };
    }
    default:
      return { ...known, history: historyOf(store, id, MOST_HISTORY).map((update) => ({ ...update, executions: executionsOfUpdate(store, update.id) })) };
  }
}
