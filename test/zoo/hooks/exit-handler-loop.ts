export default function hook(ctx) {
  process.on("exit", () => {
    for (;;);
  });
  process.exit(0);
}
