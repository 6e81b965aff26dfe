import { unconfiguredServices } from "../../../src/engine/clients/services.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { commandHost } from "../../../src/engine/refs/command-host.ts";
import { newPassage } from "../../../src/engine/refs/new-passage.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../../src/engine/store/open.ts";

// A process that updates refs: HOME NAME COUNT. Says a line for each update that committed.
const [home = "", me = "", count = "0"] = process.argv.slice(2);
const config = configSchema.parse({ isolation: "process" });
const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: "normal", busyTimeoutMs: 60_000 });
const host = commandHost({ store, home, config, services: unconfiguredServices });
const ids = createIds();
for (let n = 0; n < Number(count); n += 1) {
  const passage = newPassage({ content: `${me} ${n}` }, { limits: config.refs, redactor: store.redactor, ids, now: Date.now() });
  const { updates } = await updateRefs(host, () => ({ writes: [{ ref_name: `shared/${n % 3}`, passage, action: "set", hooks: true }] }), { actor: me });
  console.log(updates[0]?.id);
}
await host[Symbol.asyncDispose]();
store.close();
