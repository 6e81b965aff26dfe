import * as fs from "node:fs";

export default function hook(ctx) {
  for (let n = 0; n < 40; n += 1) fs.openSync("/dev/null", "r");
  process.exit(0);
}
