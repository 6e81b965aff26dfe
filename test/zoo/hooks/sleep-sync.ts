export default function hook(ctx) {
  Bun.sleepSync(60_000);
}
