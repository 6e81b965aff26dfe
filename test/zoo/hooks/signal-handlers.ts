export default function hook(ctx) {
  for (const name of ["SIGTERM", "SIGINT", "exit", "beforeExit"]) process.on(name, () => {});
  return { fire: false };
}
