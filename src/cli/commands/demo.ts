import type { Run } from "../call.ts"; export const run: Run = () => 1;
