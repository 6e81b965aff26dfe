export default function hook(ctx) {
  try {
    return { fire: true };
  } finally {
    process.exit(0);
  }
}
