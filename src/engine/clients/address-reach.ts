import { BlockList, isIP } from "node:net";

/**
 * How far an IP address reaches.
 * `public`: global unicast. `private`: this machine or a private network. `never`: no receiver of anything (metadata
 * services, link-local, multicast, addresses that stand for others), and whatever is no IP address.
 */
export type Reach = "public" | "private" | "never";

type Subnet = readonly [network: string, prefix: number];

const PRIVATE_V4: readonly Subnet[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
];

/** IANA's special-purpose registry, and the metadata service that lies in the carriers' range. */
const NEVER_V4: readonly Subnet[] = [
  ["0.0.0.0", 8],
  ["100.100.100.200", 32],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

const PRIVATE_V6: readonly Subnet[] = [
  ["::1", 128],
  ["fc00::", 7],
];

/** The last two are metadata services that lie among the private addresses. */
const NEVER_V6: readonly Subnet[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["fd00:ec2::254", 128],
  ["fd20:ce::254", 128],
];

/** Everything else of IPv6 is unassigned, multicast, link-local or stands for an IPv4 address (mapped, NAT64). */
const PUBLIC_V6: readonly Subnet[] = [["2000::", 3]];

const privateV4 = listOf(PRIVATE_V4, "ipv4");
const neverV4 = listOf(NEVER_V4, "ipv4");
const privateV6 = listOf(PRIVATE_V6, "ipv6");
const neverV6 = listOf(NEVER_V6, "ipv6");
const publicV6 = listOf(PUBLIC_V6, "ipv6");

/** Of an address as `node:net` writes it; one with a zone (`fe80::1%eth0`) is `never`. */
export function reachOf(address: string): Reach {
  // Bun's BlockList says false for an address with a zone, whatever is in the list.
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 4) return neverV4.check(address, "ipv4") ? "never" : privateV4.check(address, "ipv4") ? "private" : "public";
  // A BlockList of IPv4 answers for mapped addresses too; here they are refused for what they are.
  if (family !== 6 || neverV6.check(address, "ipv6")) return "never";
  if (privateV6.check(address, "ipv6")) return "private";
  return publicV6.check(address, "ipv6") ? "public" : "never";
}

function listOf(subnets: readonly Subnet[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}
