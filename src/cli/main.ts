/**
 * The entry. No top-level await: in Bun an error that comes while the entry is suspended in one does not end the
 * process (bun-facts). The hidden modes are told apart before anything else is loaded.
 */
async function main(argv: readonly string[]): Promise<number> {
  switch (argv[0]) {
    case "__sandbox": {
      const { enterSandbox } = await import("../engine/runtime/sandbox/enter-sandbox.ts");
      enterSandbox(argv[1] ?? "", argv.slice(2));
      return 0;
    }
    case "__sandbox_probe": {
      const { reportDoor } = await import("../engine/runtime/sandbox/inside-probe.ts");
      reportDoor();
      return 0;
    }
    case "__sandbox_version": {
      const { reportVersion } = await import("../engine/runtime/sandbox/report-version.ts");
      reportVersion();
      return 0;
    }
    case "__evaluator": {
      const { runEvaluator } = await import("../engine/runtime/child/run-evaluator.ts");
      await runEvaluator(JSON.parse(argv[1] ?? "{}") as Parameters<typeof runEvaluator>[0]);
      return 0;
    }
    case "__inspect": {
      const { runInspectChild } = await import("../engine/registry/authoring/inspect-child.ts");
      await runInspectChild();
      return 0;
    }
    default: {
      const { runProgram } = await import("./program.ts");
      return await runProgram(argv);
    }
  }
}

function crash(error: unknown): void {
  // Written as plain as can be: whatever prints errors may be what broke.
  console.error(JSON.stringify({ error: { code: "BUG", message: error instanceof Error ? (error.stack ?? error.message) : String(error), retryable: false } }));
  process.exit(70);
}

process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
main(process.argv.slice(2)).then((code) => {
  // Not process.exit: what was written to a slow pipe would be cut off at 64 KiB.
  process.exitCode = code;
}, crash);
