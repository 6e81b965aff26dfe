if (process.argv[2] === "__evaluator") void import("../engine/runtime/child/evaluator.ts").then((m) => m.runEvaluator(process.argv[3] ?? "", JSON.parse(process.argv[4] ?? "{}")));
