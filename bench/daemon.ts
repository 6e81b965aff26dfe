import { configSchema } from "../src/engine/config.ts";
import { Engine } from "../src/engine/engine.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../src/engine/store/open.ts";

/** `daemon.ts HOME`: the engine from source, for the memory measure where there is no binary. Ends by a signal. */
const store = openStore(process.argv[2] ?? "", { ...DEFAULT_STORE_OPTIONS, checkpoints: true });
const engine = new Engine({ store, config: configSchema.parse({}), timers: false });
await engine.start();
