import { ageAt, took } from "../look/figures.ts";
import { span, type Line } from "../look/line.ts";
import { REFS_TABS, type RefsAnswer } from "../reader/refs.ts";
import { defineScreen, type Canvas, type Row } from "./screen.ts";
import { rowLine, rowSentence, status, titleLine, type Column } from "./table.ts";

/** A row of any of the tabs: a table of cells that its tab knows. */
interface RefsRow extends Row {
  readonly cells: readonly (string | { readonly text: string; readonly tone: "dim" | "good" | "warn" | "bad" | "accent" | "strong" })[];
}

type Titles = readonly (Omit<Column<RefsRow>, "cell">)[];

const TITLES: Readonly<Record<(typeof REFS_TABS)[number], Titles>> = {
  refs: [{ title: "ref", width: "rest", least: 28 }, { title: "type", width: 14, priority: 1 }, { title: "passage", width: "rest", least: 20 }, { title: "moved", width: 6, right: true }],
  branches: [{ title: "branch", width: "rest", least: 28 }, { title: "main", width: 5 }, { title: "hooks", width: 6 }, { title: "parent", width: 28, priority: 1 }, { title: "made", width: 6, right: true }],
  hooks: [{ title: "ref", width: "rest", least: 24 }, { title: "action", width: 14 }, { title: "enabled", width: 10 }, { title: "config", width: "rest", least: 20, priority: 0 }, { title: "24 h", width: 5, right: true }, { title: "failed", width: 6, right: true }, { title: "p95", width: 6, right: true, priority: 1 }, { title: "last", width: 5, right: true }],
  runs: [{ title: "run", width: 30, priority: 1 }, { title: "processor", width: 16 }, { title: "status", width: 11 }, { title: "tries", width: 5, right: true }, { title: "what", width: "rest", least: 20 }, { title: "made", width: 5, right: true }],
  outbox: [{ title: "ref", width: "rest", least: 20 }, { title: "status", width: 11 }, { title: "to", width: "rest", least: 20, priority: 1 }, { title: "tries", width: 5, right: true }, { title: "error", width: "rest", least: 16, priority: 0 }, { title: "made", width: 5, right: true }],
};

const EMPTY: Readonly<Record<(typeof REFS_TABS)[number], readonly string[]>> = {
  refs: ["There is no ref.", "", "nexus refs set NAME --content TEXT   makes one"],
  branches: ["There is no branch.", "", "nexus branches create PREFIX/NAME   makes one"],
  hooks: ["No hook is on a ref.", "", "nexus refs hooks create REF ACTION --config JSON   makes one"],
  runs: ["No run was asked for.", "", "the action trigger_run, and nexus runs start PROCESSOR, ask for one"],
  outbox: ["No update has sent a webhook.", "", "the action webhook does"],
};

export const refsScreen = defineScreen<"refs", RefsRow>({
  id: "refs",
  title: () => "Refs",
  tabs: REFS_TABS,
  query: ({ tab = "refs" }) => ({ of: "refs", tab }),
  rows: (answer, canvas) => [...refRows(answer, canvas), ...branchRows(answer, canvas), ...hookRows(answer, canvas), ...runRows(answer, canvas), ...outboxRows(answer, canvas)],
  text: ({ cells }) => cells.map((one) => (typeof one === "string" ? one : one.text)).join(" "),
  head: ({ more }, canvas) => [...(more ? [[span("dim", "500 of them; there are more")] as Line] : []), titleLine(columns(canvas), canvas)],
  line: (row, canvas) => rowLine(columns(canvas), row, canvas),
  sentence: (row, canvas) => rowSentence(columns(canvas), row, canvas),
  empty: (_, { tab }) => EMPTY[tabOf(tab)],
});

function tabOf(tab: string | undefined): (typeof REFS_TABS)[number] {
  return REFS_TABS.find((one) => one === tab) ?? "refs";
}

function columns({ place }: Canvas): readonly Column<RefsRow>[] {
  return TITLES[tabOf(place.tab)].map((title, at) => ({ ...title, cell: ({ cells }) => cells[at] ?? "" }));
}

function mark(word: string, canvas: Canvas): RefsRow["cells"][number] {
  const { text, tone = "dim" } = status(word, canvas);
  return { text, tone: tone === "plain" || tone === "mark" ? "dim" : tone };
}

function refRows({ refs = [] }: RefsAnswer, { now }: Canvas): RefsRow[] {
  return refs.map(({ name, type, words, updated_at }) => ({ id: name, open: { screen: "ref", id: name }, subject: { kind: "ref", id: name }, cells: [name, { text: type, tone: "dim" }, words, ageAt(updated_at, now)] }));
}

function branchRows({ branches = [] }: RefsAnswer, { now, look }: Canvas): RefsRow[] {
  return branches.map(({ id, prefix, name, is_main, hooks_enabled, parent = "-", created_at }) => ({
    id, subject: { kind: "branch", id, name: `${prefix}/${name}` },
    cells: [`${prefix}/${name}`, is_main ? { text: look.glyphs.good, tone: "good" } : "", hooks_enabled ? { text: "on", tone: "good" } : { text: "off", tone: "dim" }, parent, ageAt(created_at, now)],
  }));
}

function hookRows({ hooks = [] }: RefsAnswer, canvas: Canvas): RefsRow[] {
  return hooks.map(({ id, ref_name, action_type, enabled, config, stats }) => {
    const ran = Object.values(stats?.outcomes ?? {}).reduce((sum, count) => sum + count, 0);
    // What was undone with an update is no failure of its own.
    const failed = ran - (stats?.outcomes.done ?? 0) - (stats?.outcomes.undone ?? 0);
    return {
      id, open: { screen: "ref", id: ref_name, tab: "hooks" }, subject: { kind: "ref_hook", id, status: enabled ? "enabled" : "disabled" },
      cells: [ref_name, { text: action_type, tone: "accent" }, enabled ? { text: `${canvas.look.glyphs.good} yes`, tone: "good" } : { text: `${canvas.look.glyphs.off} no`, tone: "dim" }, JSON.stringify(config), String(ran), failed === 0 ? { text: "-", tone: "dim" } : { text: String(failed), tone: "bad" }, took(stats?.p95_ms), ageAt(stats?.last_at, canvas.now)],
    };
  });
}

function runRows({ runs = [] }: RefsAnswer, canvas: Canvas): RefsRow[] {
  return runs.map(({ id, processor_type, status: is, attempts, error, result, input, created_at }) => ({
    id, subject: { kind: "run", id, status: is },
    cells: [id, processor_type, mark(is, canvas), String(attempts), error === undefined ? JSON.stringify(result ?? input) : { text: error, tone: "bad" }, ageAt(created_at, canvas.now)],
  }));
}

function outboxRows({ outbox = [] }: RefsAnswer, canvas: Canvas): RefsRow[] {
  return outbox.map(({ id, ref_name, status: is, request: { url }, attempts, error, created_at }) => ({
    id, subject: { kind: "webhook", id, status: is },
    cells: [ref_name, mark(is, canvas), typeof url === "string" ? url : "(a secret)", String(attempts), { text: error ?? "", tone: "bad" }, ageAt(created_at, canvas.now)],
  }));
}
