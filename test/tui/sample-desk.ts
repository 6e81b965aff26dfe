import { SAMPLE_EVENTS, writeSampleHome } from "../../scripts/sample-home.ts";
import { CommandLog } from "../../src/tui/actions/command-log.ts";
import { Dashboard } from "../../src/tui/dashboard.ts";
import { takeKey } from "../../src/tui/keys.ts";
import { createLook } from "../../src/tui/look/look.ts";
import { Responder } from "../../src/tui/reader/responder.ts";
import { Feed } from "../../src/tui/state/feed.ts";
import { nexus } from "../helpers/nexus-command.ts";

/** The sample home: hooks that fail, a queue, a ref. */
export async function fillSampleHome(home: string): Promise<void> {
  const done = async (words: readonly string[], stdin = ""): Promise<void> => {
    const { code, err } = await nexus(home, words, { stdin });
    if (code !== 0) throw new Error(`${words.join(" ")}: ${err}`);
  };
  for (const script of writeSampleHome(home)) await done(["hooks", "register", script]);
  await done(["refs", "set", "assistant/human", "--content", "short answers"]);
  await done(["events", "import", "-"], SAMPLE_EVENTS.map((event) => JSON.stringify(event)).join("\n"));
}

/** A dashboard without a terminal and without a thread: what it does is done when its promise resolves. */
export interface Desk extends Disposable {
  readonly desk: Dashboard;
  /** The commands that were run; none of them does anything. */
  readonly ran: (readonly string[])[];
  readonly look: () => Promise<void>;
  readonly keys: (...keys: readonly string[]) => Promise<void>;
}

export interface DeskOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly readonly?: boolean;
  readonly ascii?: boolean;
}

export function openDesk(home: string, { columns = 80, rows = 24, readonly = false, ascii = false }: DeskOptions = {}): Desk {
  const ran: (readonly string[])[] = [];
  const log = new CommandLog({ run: async (words) => (ran.push(words), { ok: true, said: ["done"] }), readonly, now: Date.now });
  const desk = new Dashboard({ home, look: createLook({ ascii }), now: Date.now, log, readonly, linear: false });
  const responder = new Responder(home);
  desk.attach(new Feed({ ask: (queries) => responder.replies(queries), close: () => Promise.resolve() }, Date.now, desk.changed));
  desk.resize({ columns, rows });
  const look = (): Promise<void> => desk.feed.look(desk.wishes());
  return {
    desk, ran, look,
    keys: async (...keys) => {
      for (const key of keys) {
        takeKey(desk, key);
        await look();
        if (desk.sideWish() !== undefined) await look();
      }
    },
    [Symbol.dispose]: () => responder[Symbol.dispose](),
  };
}
