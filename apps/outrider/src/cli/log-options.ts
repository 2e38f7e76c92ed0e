import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';

export interface LogGatewayOptions {
  readonly trustedProxies?: string;
  readonly keyNames?: string;
}

/** The gateway that wrote log files, as far as the command line says something about it. */
export const logGateway = ({ trustedProxies, keyNames }: LogGatewayOptions): GatewaySettings =>
  GatewaySettings.parse({ id: 'default', trustedProxies: commaList(trustedProxies), keyNames: commaList(keyNames) });

export const commaList = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
