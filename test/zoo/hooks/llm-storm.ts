export default function hook(ctx) {
  for (let n = 0; n < 1_000; n += 1) ctx.llm("x").catch(() => {});
  return { fire: false };
}
