import { DAY_MS } from "../../../src/engine/core/retention.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { housekeeperOf } from "../../helpers/retention-desk.ts";
import { T0 } from "../../helpers/rows.ts";

/** Lets ten days pass and removes, slice by slice, a line for each; whoever started it kills it meanwhile. */
const store = openStore(process.argv[2] ?? "");
const housekeeper = housekeeperOf(store, new FakeClock(T0 + 10 * DAY_MS), { events_days: 2 });
while (!housekeeper.slice().done) await Bun.write(Bun.stdout, "slice\n");
store.close();
