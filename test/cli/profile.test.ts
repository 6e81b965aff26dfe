import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const HOOK = `/** @description Asks for everything */
export default (ctx) => ctx.event.type === "message" ? { fire: true, context: { prompt: "do it" } } : undefined;
`;

/** What an agent tries in its turn, and how each attempt ended. `bare` leaves out what names the turn. */
const AGENT = `#!/bin/sh
bare="env -u NEXUS_TURN_ID -u NEXUS_DISPATCH_ID -u NEXUS_AGENT_ID"
try() { name=$1; shift; out=$("$@" 2>&1); echo "$name $? $(echo "$out" | grep -o '"code":"[A-Z_]*"' | head -1)"; }
try register $NEXUS hooks register "$SCRIPT" --json
try hidden $bare $NEXUS hooks disable asks --json
try approve $bare $NEXUS hooks approve asks --json
try person $NEXUS identity add Mallory --type owner --contact test:stranger --json
try replay $bare $NEXUS events replay nothing:1 --json
try emit $bare $NEXUS events emit --id "note:$NEXUS_TURN_ID" --channel agent --type note --json
try read $NEXUS hooks list --json
try set $NEXUS refs set a --content x --json
try skip $bare $NEXUS refs set a --content x --no-hooks --json
try branch $NEXUS branches create a/$NEXUS_TURN_ID --json
try unsend $bare $NEXUS refs outbox cancel obx_1 --json
`;

// switch: mutants turn-hidden-from-its-commands, reduced-turns-change-hooks
test("an agent in a reduced turn changes no hooks and no identities, whatever it takes out of its environment", async () => {
  using temp = tempHome();
  const home = temp.path;
  const command = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");
  const [agent, script] = [join(home, "agent.sh"), join(home, "other.ts")];
  writeFileSync(agent, AGENT, { mode: 0o755 });
  writeFileSync(script, HOOK);
  writeFileSync(join(home, "asks.ts"), HOOK);
  const reaches = `{ NEXUS = "${process.execPath} ${command}", SCRIPT = "${script}" }`;
  writeFileSync(join(home, "config.toml"), `[agents.atlas]\nrunner = "command"\ncommand = ["${agent}"]\nenv = ${reaches}\n[agents.atlas.reduced]\nenv = ${reaches}\n`);
  expect((await nexus(home, ["hooks", "register", join(home, "asks.ts")])).code).toBe(0);
  expect((await nexus(home, ["identity", "add", "Me", "--type", "owner", "--contact", "test:me"])).code).toBe(0);
  const daemon = nexusProcess(home, ["serve", "--json"]);
  const answerTo = async (sender: string): Promise<{ said: string[]; dispatch: string }> => {
    const { id } = (await nexus(home, ["events", "emit", "--channel", "test", "--sender", sender, "--content", "x", "--json"])).json<{ id: string }>();
    for (;;) {
      const found = (await nexus(home, ["dispatches", "list", "--json"])).json<{ id: string; event_id: string; status: string; turn_id?: string }[]>().find(({ event_id }) => event_id === id);
      if (found?.status === "failed") throw new Error((await nexus(home, ["dispatches", "show", found.id])).out);
      if (found?.status !== "done") continue;
      const { turn } = (await nexus(home, ["dispatches", "show", found.id, "--json"])).json<{ turn: { answer: string; profile: string } }>();
      return { said: [turn.profile, ...turn.answer.trimEnd().split("\n")], dispatch: found.id };
    }
  };
  try {
    await daemon.stdout.getReader().read();
    const { said, dispatch } = await answerTo("stranger");
    const no = (name: string): string => `${name} 4 "code":"TURN_FORBIDDEN"`;
    expect(said).toEqual(["reduced", no("register"), no("hidden"), no("approve"), no("person"), no("replay"), "emit 0 ", "read 0 ", "set 0 ", no("skip"), no("branch"), no("unsend")]);
    // The chain of causes goes on, although the agent hid its turn.
    const notes = (await nexus(home, ["events", "list", "--type", "note", "--json"])).json<{ cause_id?: string }[]>();
    expect(notes.map(({ cause_id }) => cause_id)).toEqual([dispatch]);
    const owner = await answerTo("me");
    expect(owner.said.slice(0, 4)).toEqual(["full", "register 0 ", "hidden 0 ", no("approve")]);
    const approved = await nexus(home, ["hooks", "approve", "asks", "--by", "casey"]);
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining("by casey") });
    expect((await nexus(home, ["hooks", "info", "asks", "--json"])).json()).toMatchObject({ approved_by: "casey" });
  } finally {
    daemon.kill("SIGKILL");
    await daemon.exited;
  }
}, 120_000);
