import type { TLSSocket } from 'node:tls';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';

/** Whom a TLS connection stands for, or why it is turned away. */
export type TlsIdentity = { readonly gateway: GatewaySettings } | { readonly refused: 'client-certificate' };

/**
 * Maps a finished handshake to a gateway: by client certificate (pinned fingerprint, or the common name of one that our CA signed), else by
 * server name, else the default. A certificate that is neither pinned nor signed by the CA is refused, not ignored.
 */
export class TlsGateways {
  readonly #byFingerprint = new Map<string, GatewaySettings>();
  readonly #byName = new Map<string, GatewaySettings>();
  readonly #byServerName = new Map<string, GatewaySettings>();

  constructor(
    gateways: readonly GatewaySettings[],
    private readonly fallback: GatewaySettings,
    private readonly requireCertificate: boolean,
  ) {
    for (const gateway of gateways) {
      for (const name of gateway.sni) this.#byServerName.set(name.toLowerCase(), gateway);
      for (const certificate of gateway.clientCertificates) {
        const hex = certificate.replaceAll(':', '').toLowerCase();
        if (/^[0-9a-f]{64}$/.test(hex)) this.#byFingerprint.set(hex, gateway);
        else this.#byName.set(certificate, gateway);
      }
    }
  }

  get asksForCertificates(): boolean {
    return this.requireCertificate || this.#byFingerprint.size > 0 || this.#byName.size > 0;
  }

  identify(
    socket: Pick<TLSSocket, 'authorized' | 'getPeerCertificate'> & { servername?: string | false | null },
  ): TlsIdentity {
    const certificate = socket.getPeerCertificate();
    const presented = typeof certificate.fingerprint256 === 'string';
    if (presented) {
      const pinned = this.#byFingerprint.get(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
      if (pinned) return { gateway: pinned };
      if (!socket.authorized) return { refused: 'client-certificate' };
      const commonName: unknown = certificate.subject?.CN;
      const named = typeof commonName === 'string' ? this.#byName.get(commonName) : undefined;
      if (named) return { gateway: named };
    } else if (this.requireCertificate) return { refused: 'client-certificate' };
    const bySni =
      typeof socket.servername === 'string' ? this.#byServerName.get(socket.servername.toLowerCase()) : undefined;
    return { gateway: bySni ?? this.fallback };
  }
}
