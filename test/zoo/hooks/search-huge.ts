export default async function hook(ctx) {
  await ctx.search("x".repeat(5_000_000));
}
