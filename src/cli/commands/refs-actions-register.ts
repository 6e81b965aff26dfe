import type { Run } from "../call.ts";
import { registerFromCall } from "../handler-call.ts";

export const run: Run = (call) => registerFromCall(call, "action");
