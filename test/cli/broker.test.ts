import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const CONFIG = `
[agents.human]
runner = "inbox"

[agents.helper]
runner = "inbox"

[personas.default]
agent = "human"

[outbound.log]
type = "file"
path = "answers.ndjson"
channels = ["test"]

[queue]
mode = "followup"
`;

const HOOK = `/** @description Asks for everything */
export default (ctx) => ctx.event.type === "message" ? { fire: true, context: { prompt: "Please do: " + ctx.event.content } } : undefined;
`;

/** A home with a hook, agents that fetch their work, and a daemon. */
async function office(): Promise<{ readonly home: string; run: (...args: string[]) => ReturnType<typeof nexus>; emit: (content: string) => Promise<string> } & AsyncDisposable> {
  const temp = tempHome();
  const home = temp.path;
  writeFileSync(join(home, "config.toml"), CONFIG);
  writeFileSync(join(home, "asks.ts"), HOOK);
  expect((await nexus(home, ["hooks", "register", join(home, "asks.ts")])).code).toBe(0);
  const daemon = nexusProcess(home, ["serve", "--json"]);
  await daemon.stdout.getReader().read();
  return {
    home,
    run: (...args) => nexus(home, args),
    emit: async (content) => (await nexus(home, ["events", "emit", "--channel", "test", "--content", content, "--sender", "casey", "--json"])).json<{ id: string }>().id,
    [Symbol.asyncDispose]: async () => {
      daemon.kill("SIGKILL");
      await daemon.exited;
      temp[Symbol.dispose]();
    },
  };
}

test("from an event to its delivered answer, with commands alone; one of them prints the whole way", async () => {
  await using desk = await office();
  const event = await desk.emit("water the plants");
  const next = await desk.run("inbox", "next", "--agent", "human", "--wait", "30s", "--json");
  const turn = next.json<{ turn_id: string; prompt: string; session_key: string; dispatch_ids: string[] }>();
  expect(turn.prompt).toContain("Please do: water the plants");
  expect(turn.prompt).toContain("trust=untrusted");
  expect((await desk.run("inbox", "ack", turn.turn_id)).code).toBe(0);
  expect((await desk.run("inbox", "next", "--agent", "human", "--json")).error().code).toBe("INBOX_EMPTY");
  expect((await desk.run("inbox", "reply", turn.turn_id, "watered")).code).toBe(0);
  // Settled rows are waited for by a command that waits: another agent's answer to nobody.
  let trace = await desk.run("events", "show", event, "--trace", "--json");
  while (!trace.out.includes('"sent"')) trace = await desk.run("events", "show", event, "--trace", "--json");
  expect(trace.json<{ stage: string; outcome: string }[]>().map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(["receiveEvent stored", "resolveIdentity unknown", "resolveAccess allowed", "runAutomations fired", "runAutomations dispatched", "assembleContext assembled", "runAgent done", "deliverResponse sent", "finalize done"]);
  const message = JSON.parse(readFileSync(join(desk.home, "answers.ndjson"), "utf8").trim()) as Record<string, unknown>;
  expect(message).toMatchObject({ text: "watered", recipient: "casey", session_key: turn.session_key });
  const [id = ""] = turn.dispatch_ids;
  const shown = await desk.run("dispatches", "show", id, "--json");
  expect(shown.json()).toMatchObject({ id, status: "done", turn: { id: turn.turn_id, answer: "watered", agent: "human" }, deliveries: [{ status: "sent", outbound: "log" }] });
  expect((await desk.run("dispatches", "show", id, "--context")).out).toContain(turn.prompt.split("\n")[0] ?? "");
  expect((await desk.run("dispatches", "list", "--status", "done")).out).toContain(id);
  expect((await desk.run("sessions", "show", turn.session_key, "--json")).json()).toMatchObject({ head_turn_id: turn.turn_id, turns: [{ id: turn.turn_id, in_history: true }] });
  expect((await desk.run("sessions", "fork", turn.session_key, "--as", "other", "--json")).json()).toMatchObject({ key: "other", head_turn_id: turn.turn_id, forked_from: turn.session_key });
  expect((await desk.run("sessions", "fork", turn.session_key, "--as", "other", "--json")).error().code).toBe("SESSION_EXISTS");
  expect((await desk.run("sessions", "list")).out).toContain("other");
}, 60_000);

test("what waits can be taken back, what is settled can be tried again, and nothing else", async () => {
  await using desk = await office();
  await desk.emit("first");
  const taken = (await desk.run("inbox", "next", "--agent", "human", "--wait", "30s", "--json")).json<{ turn_id: string; dispatch_ids: string[] }>();
  const [running = ""] = taken.dispatch_ids;
  await desk.emit("second");
  let waiting = await desk.run("dispatches", "list", "--status", "pending", "--json");
  while (waiting.json<unknown[]>().length === 0) waiting = await desk.run("dispatches", "list", "--status", "pending", "--json");
  const id = waiting.json<{ id: string }[]>()[0]?.id ?? "";
  expect((await desk.run("dispatches", "cancel", id, "--dry-run", "--json")).json()).toMatchObject({ status: "pending", dry_run: true });
  expect((await desk.run("dispatches", "retry", id, "--json")).error().code).toBe("DISPATCH_WRONG_STATE");
  expect((await desk.run("dispatches", "cancel", id, "--json")).json()).toMatchObject({ id, status: "cancelled", reason: "cancelled by hand" });
  expect((await desk.run("dispatches", "cancel", id, "--json")).code).toBe(5);
  expect((await desk.run("dispatches", "show", "dsp_none", "--json")).error().code).toBe("DISPATCH_NOT_FOUND");
  // The running one: its turn ends, and an answer to it is refused.
  expect((await desk.run("dispatches", "cancel", running, "--json")).json()).toMatchObject({ status: "cancelled" });
  let reply = await desk.run("sessions", "show", "agent:default:test:dm:casey", "--json");
  while (!reply.out.includes('"interrupted"')) reply = await desk.run("sessions", "show", "agent:default:test:dm:casey", "--json");
  expect((await desk.run("inbox", "reply", taken.turn_id, "late", "--json")).error().code).toBe("INBOX_WRONG_STATE");
  expect((await desk.run("dispatches", "retry", id, "--json")).json()).toMatchObject({ id, status: "pending" });
  const again = await desk.run("inbox", "next", "--agent", "human", "--wait", "30s", "--json");
  expect(again.json()).toMatchObject({ dispatch_ids: [id] });
}, 60_000);

test("one agent asks another and gets the answer; who is not configured is an error with what is there", async () => {
  await using desk = await office();
  const sending = desk.run("agents", "send", "--to", "helper", "--from", "human", "how many?", "--wait", "30s", "--json");
  const turn = (await desk.run("inbox", "next", "--agent", "helper", "--wait", "30s", "--json")).json<{ turn_id: string; prompt: string }>();
  expect(turn.prompt).toContain("how many?");
  await desk.run("inbox", "reply", turn.turn_id, "three");
  expect((await sending).json()).toMatchObject({ status: "done", answer: "three", sender: "human", agent: "helper" });
  const unknown = await desk.run("agents", "send", "--to", "helpr", "--from", "human", "x", "--json");
  expect(unknown.error()).toMatchObject({ code: "AGENT_UNKNOWN", did_you_mean: ["helper"] });
  expect((await desk.run("agents", "list", "--json")).json<{ name: string }[]>().map(({ name }) => name)).toEqual(["human", "helper"]);
  expect((await desk.run("agents", "send", "--to", "helper", "--from", "human", "x", "--dry-run", "--json")).json()).toMatchObject({ dry_run: true, status: "pending" });
}, 60_000);
