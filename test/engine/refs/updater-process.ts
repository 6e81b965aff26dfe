import { unconfiguredServices } from "../../../src/engine/clients/services.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { asNexusError } from "../../../src/engine/core/errors.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { commandHost } from "../../../src/engine/refs/command-host.ts";
import { newPassage } from "../../../src/engine/refs/new-passage.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../../src/engine/store/open.ts";

// A process that updates refs in turn: HOME NAME COUNT [REF ...]. Says a line for each update: its id once it committed,
// `undone TRANSACTION` when a hook of it failed.
const [home = "", me = "", count = "0", ...given] = process.argv.slice(2);
const refs = given.length === 0 ? ["shared/0", "shared/1", "shared/2"] : given;
const config = configSchema.parse({ isolation: "process" });
const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: "normal", busyTimeoutMs: 60_000 });
const host = commandHost({ store, home, config, services: unconfiguredServices });
const ids = createIds();
for (let n = 0; n < Number(count); n += 1) {
  const passage = newPassage({ content: `${me} ${n}` }, { limits: config.refs, redactor: store.redactor, ids, now: Date.now() });
  try {
    const { updates } = await updateRefs(host, () => ({ writes: [{ ref_name: refs[n % refs.length] ?? "", passage, action: "set", hooks: true }] }), { actor: me });
    console.log(updates[0]?.id);
  } catch (error) {
    const { code, details } = asNexusError(error, "the update");
    if (code !== "REF_HOOK_FAILED") throw error;
    console.log(`undone ${String(Reflect.get(details, "transaction_id"))}`);
  }
}
await host[Symbol.asyncDispose]();
store.close();
