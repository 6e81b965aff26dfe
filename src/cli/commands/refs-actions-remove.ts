import type { Run } from "../call.ts";
import { removeFromCall } from "../handler-call.ts";

export const run: Run = (call) => removeFromCall(call, "action");
