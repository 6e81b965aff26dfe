export default async function hook(ctx) {
  await Bun.write(Bun.stdout, "by Bun.write\n");
  return { fire: false };
}
