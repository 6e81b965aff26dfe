import type { Mutant } from "./mutant.ts";

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  {
    name: "import-waits-for-a-batch",
    file: "src/cli/commands/events-import.ts",
    find: "if (!whole && gathered.length > 0) yield",
    replace: "if (gathered.length > 1e9) yield",
    tests: ["test/cli/events-import-ack.test.ts"],
    filter: "a line that comes alone",
  },
];
