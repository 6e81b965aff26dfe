import { expect, test } from "bun:test";
import { deliveriesOfTurn } from "../../../src/engine/store/deliveries.ts";
import { listDispatches } from "../../../src/engine/store/dispatches.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { sessionByKey } from "../../../src/engine/store/sessions.ts";
import { openRequests, runningTurns, turnById, turnsOfSession } from "../../../src/engine/store/turns.ts";
import { takeTime } from "../../simulation/take-time.ts";
import { BrokerWorld, type Behaviour, type Piece } from "./broker-world.ts";

const piece = (session: string, mode: Piece["mode"], behaviour: Behaviour, at: number): Piece => ({ session, mode, behaviour, at });

const SCENARIOS: Readonly<Record<string, readonly Piece[]>> = {
  "one answer": [piece("a", "followup", "answers", 0)],
  "three in a row": [0, 1, 2].map((at) => piece("a", "followup", "answers", at)),
  "two sessions": [piece("a", "followup", "takes-long", 0), piece("b", "followup", "answers", 1), piece("a", "followup", "answers", 2)],
  "collected": [piece("a", "followup", "takes-long", 0), piece("a", "collect", "answers", 5), piece("a", "collect", "answers", 6), piece("a", "followup", "answers", 7)],
  "steered": [piece("a", "steer", "takes-long", 0), piece("a", "steer", "answers", 9), piece("a", "steer", "fails", 10), piece("a", "steer", "answers", 11)],
  "failures": [piece("a", "followup", "fails-once", 0), piece("a", "followup", "fails", 1), piece("a", "steer", "answers", 2)],
  "interrupted": [piece("a", "followup", "takes-long", 0), piece("a", "followup", "answers", 4), piece("a", "interrupt", "answers", 9)],
};

function check(world: BrokerWorld, pieces: readonly Piece[], killed: boolean): string[] {
  const { store } = world;
  const wrong = [...world.violations];
  const interrupts = pieces.some(({ mode }) => mode === "interrupt");
  const dispatches = listDispatches(store, { limit: 100 }).toReversed();
  if (dispatches.length !== pieces.length) wrong.push(`${dispatches.length} dispatches of ${pieces.length}`);
  for (const { id, status, prompt, turn_id, reason } of dispatches) {
    const expected = prompt === "fails" ? ["failed", "done"] : interrupts ? ["done", "cancelled"] : ["done"];
    if (!expected.includes(status)) wrong.push(`${id} (${prompt}) is ${status}: ${reason}`);
    const acted = world.acted.get(id) ?? 0;
    const most = (killed ? 1 : 0) + (prompt === "fails-once" ? 2 : 1);
    if (acted > most) wrong.push(`${id} (${prompt}) was acted on ${acted} times`);
    if (status !== "done" || turn_id === undefined) continue;
    const turn = turnById(store, turn_id);
    if (turn?.status !== "done") wrong.push(`${id} is done by ${turn_id}, which is ${turn?.status}`);
    if (eventById(store, `agent:${turn_id}`) === undefined) wrong.push(`the answer of ${turn_id} is no event`);
    const deliveries = deliveriesOfTurn(store, turn_id);
    if (deliveries.length === 0) wrong.push(`the answer of ${turn_id} was never to be delivered`);
    for (const delivery of deliveries) {
      const times = world.received.get(delivery.id) ?? 0;
      if (delivery.status !== "sent" || times < 1 || times > (killed ? 2 : 1)) wrong.push(`${delivery.id} is ${delivery.status} and arrived ${times} times`);
    }
  }
  if (runningTurns(store).length > 0) wrong.push("a turn runs for ever");
  for (const session of new Set(pieces.map((one) => one.session))) {
    const newest = turnsOfSession(store, session, 100).find(({ status }) => status === "done");
    if (newest !== undefined && sessionByKey(store, session)?.head_turn_id !== newest.id) wrong.push(`the head of ${session} is not its newest turn`);
    const order = dispatches.filter((one) => one.session_key === session && one.status === "done" && one.effective_mode === "followup").map(({ turn_id = "" }) => turnById(store, turn_id)?.started_at ?? 0);
    if (order.some((at, index) => at < (order[index - 1] ?? 0))) wrong.push(`followups of ${session} ran out of order`);
  }
  return wrong;
}

/** Of every turn that a dispatch ended with, the hooks of the last stage were asked; and nobody was asked twice unless a kill came between an answer and its record. */
function checkStages(world: BrokerWorld): string[] {
  const { store, asked } = world;
  const wrong: string[] = [];
  for (const { id, status, turn_id } of listDispatches(store, { limit: 100 })) {
    if (turn_id === undefined) continue;
    const expected = status === "done" ? ["afterAssembleContext", "afterRunAgent", "afterDeliverResponse", "afterFinalize", "onFinalize"] : ["onFinalize"];
    for (const stage of expected) if (!asked.has(`${stage} ${turn_id}`)) wrong.push(`${id} is ${status}, and ${stage} was never asked about ${turn_id}`);
  }
  for (const [key, times] of asked) if (times > 1) wrong.push(`${key} was asked ${times} times`);
  if (openRequests(store, 100).length > 0) wrong.push("a request is open for ever");
  return wrong;
}

// switch: mutant lost-turns-stay-lost, left-over-lives, steered-are-lost, sent-while-unrecorded, answered-turns-forgotten, retry-hides-an-end
for (const withStages of [false, true]) {
  for (const [name, pieces] of Object.entries(SCENARIOS)) {
    test(`killed at every step of a dispatch's life${withStages ? " with hooks at every stage" : ""}: ${name}`, () => {
      let runs = 0;
      for (const seed of [1, 2, 3, 4, 5]) {
        for (let killAt = 0, effects = 1; killAt <= effects; killAt += 1, runs += 1) {
          const world = new BrokerWorld(pieces, seed, killAt, withStages);
          using _time = takeTime(world.loop);
          world.run();
          effects = Math.max(effects, killAt === 0 ? world.effects : effects);
          const wrong = [...check(world, pieces, killAt > 0), ...(withStages ? checkStages(world) : [])];
          if (wrong.length > 0) throw new Error(`seed ${seed}, killed at effect ${killAt}: ${wrong.join("; ")}`);
        }
      }
      expect(runs).toBeGreaterThan(20);
    }, 60_000);
  }
}
