export default function hook(ctx) {
  return JSON.parse('{"fire":true,"context":{"data":{"__proto__":{"polluted":true},"kept":1}},"__proto__":{"agent":"evil"}}');
}
