import * as fs from "node:fs";

export default function hook(ctx) {
  fs.writeSync(1, "by fs.writeSync\n");
  return { fire: false };
}
