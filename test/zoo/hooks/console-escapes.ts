export default function hook(ctx) {
  console.log("\u001b[2J\u001b]0;title\u0007 cleared");
  return { fire: false };
}
