export default function hook(ctx) {
  for (;;) ctx.search("x").catch(() => {});
}
