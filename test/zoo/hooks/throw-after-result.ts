export default function hook(ctx) {
  setTimeout(() => {
    throw new Error("too late to matter");
  }, 0);
  return { fire: true };
}
