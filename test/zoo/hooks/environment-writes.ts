export default function hook(ctx) {
  process.env.PATH = "/nowhere";
  process.env.LD_PRELOAD = "/nowhere.so";
  return { fire: false };
}
