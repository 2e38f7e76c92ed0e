/** What a call reaches when its service leads to a place from which something is run. */
export type PlaneKind =
  | 'kong-admin'
  | 'kong-manager'
  | 'kong-status'
  | 'cloud-metadata'
  | 'docker'
  | 'kubernetes'
  | 'kubelet'
  | 'etcd'
  | 'consul';

export interface ControlPlane {
  readonly kind: PlaneKind;
  /** What people call it. */
  readonly name: string;
  /** It asks for credentials itself as a rule: no credential of Kong's does not mean nobody. */
  readonly asksItself: boolean;
  /** Says how it is and nothing else. */
  readonly harmless: boolean;
}

const plane = (kind: PlaneKind, name: string, traits: Partial<ControlPlane> = {}): ControlPlane => ({
  kind,
  name,
  asksItself: false,
  harmless: false,
  ...traits,
});

const ADMIN = plane('kong-admin', "Kong's Admin API");
const MANAGER = plane('kong-manager', 'Kong Manager', { asksItself: true });
const STATUS = plane('kong-status', "Kong's Status API", { harmless: true });
const METADATA = plane('cloud-metadata', "the cloud's metadata service");
const DOCKER = plane('docker', "Docker's API");
const KUBERNETES = plane('kubernetes', "Kubernetes' API", { asksItself: true });
const KUBELET = plane('kubelet', "the kubelet's API");
const ETCD = plane('etcd', 'etcd');
const CONSUL = plane('consul', "Consul's API");

/** Kong's own defaults. Ordinary programs listen on these ports too: they say something on Kong's own host, or under Kong's name. */
const KONG_PORTS: Readonly<Record<number, ControlPlane>> = {
  8001: ADMIN,
  8444: ADMIN,
  8002: MANAGER,
  8445: MANAGER,
  8007: STATUS,
  8100: STATUS,
};
/** Ports that belong to one program; no ordinary API listens there. */
const OWN_PORTS: Readonly<Record<number, ControlPlane>> = {
  2375: DOCKER,
  2376: DOCKER,
  2379: ETCD,
  6443: KUBERNETES,
  10250: KUBELET,
  10255: KUBELET,
};
/** AWS, Azure, Google and OpenStack; ECS tasks; EKS pods; Alibaba; Azure's wire server. */
const METADATA_HOSTS: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '[fd00:ec2::254]',
  '169.254.170.2',
  '169.254.170.23',
  '[fd00:ec2::23]',
  '100.100.100.200',
  '168.63.129.16',
  'metadata.google.internal',
  'metadata.goog',
  'metadata',
  'instance-data',
]);
const KUBERNETES_HOST = /^kubernetes(?:\.default(?:\.svc(?:\.[a-z0-9.-]+)?)?)?$/;
/** 8500 is TensorFlow's as well. */
const CONSUL_PORTS: ReadonlySet<number> = new Set([8500, 8501]);

/**
 * The control plane that `host:port` is for certain; undefined for all others. `adminPorts`: ports that are Kong's Admin API on any host,
 * where it was moved. See also `mayBeAdmin`.
 */
export const controlPlaneOf = (upstream: string, adminPorts: readonly number[] = []): ControlPlane | undefined => {
  const colon = upstream.lastIndexOf(':');
  const hasPort = colon > upstream.lastIndexOf(']');
  const host = hasPort ? upstream.slice(0, colon) : upstream;
  const port = hasPort ? Number(upstream.slice(colon + 1)) : 0;
  if (METADATA_HOSTS.has(host)) return METADATA;
  if (KUBERNETES_HOST.test(host)) return KUBERNETES;
  if (adminPorts.includes(port)) return ADMIN;
  const own = OWN_PORTS[port];
  if (own) return own;
  const kong = KONG_PORTS[port];
  if (kong && (isLoopback(host) || isKong(host))) return kong;
  return CONSUL_PORTS.has(port) && wordsOf(host).includes('consul') ? CONSUL : undefined;
};

/** The Admin API's ports on a host that says nothing: what it answers must prove it. */
export const mayBeAdmin = (upstream: string): boolean => upstream.endsWith(':8001') || upstream.endsWith(':8444');

export const KONG_ADMIN = ADMIN;

const isLoopback = (host: string): boolean =>
  host === 'localhost' ||
  host.startsWith('127.') ||
  host === '[::1]' ||
  host === '0.0.0.0' ||
  host.endsWith('.localhost');

/** Words that stand beside `kong` in the names of its own parts. */
const PARTS: ReadonlySet<string> = new Set(['admin', 'api', 'app', 'cluster', 'control', 'controlplane', 'cp', 'data', 'dataplane', 'dev', 'dp', 'ee', 'enterprise', 'gateway', 'gui', 'gw', 'ingress', 'main', 'manager', 'node', 'oss', 'plane', 'prod', 'proxy', 'server', 'service', 'stage', 'staging', 'status', 'svc', 'test']); // prettier-ignore

/** `kong`, `kong-gateway`, `my-release-kong-admin`; not `orders` in the namespace `kong`, and not a shop in Hong Kong. */
const isKong = (host: string): boolean => {
  const words = wordsOf(host);
  const at = words.indexOf('kong');
  if (at < 0 || words[at - 1] === 'hong') return false;
  if (words.includes('admin') || words.includes('manager')) return true;
  return words.every((word) => word === 'kong' || PARTS.has(word) || /^\d+$/.test(word));
};

/** Of the first label alone. */
const wordsOf = (host: string): readonly string[] => {
  const dot = host.indexOf('.');
  return (dot < 0 ? host : host.slice(0, dot)).split(/[-_]/);
};
