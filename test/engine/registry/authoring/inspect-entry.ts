import { runInspectChild } from "../../../../src/engine/registry/authoring/inspect-child.ts";

/** The `__inspect` mode alone, as `src/cli/main.ts` starts it. */
void runInspectChild();
