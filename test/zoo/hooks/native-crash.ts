import { read } from "bun:ffi";

export default function hook(ctx) {
  read.u8(8, 0);
}
