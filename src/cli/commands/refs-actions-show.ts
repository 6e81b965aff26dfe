import type { Run } from "../call.ts";
import { showFromCall } from "../handler-call.ts";

export const run: Run = (call) => showFromCall(call, "action");
