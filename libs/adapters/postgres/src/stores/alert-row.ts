import { Alert } from '@outrider/domain/detection/alert';

/** The columns that make an alert. */
export const STORED = { body: true, campaignId: true, simulated: true } as const;

export interface StoredAlert {
  readonly body: unknown;
  readonly campaignId: string;
  readonly simulated: boolean;
}

/** Bodies written before there were campaigns and simulated findings have neither. */
export const asAlert = ({ body, campaignId, simulated }: StoredAlert): Alert =>
  Alert.parse({ ...objectOf(body), campaignId, simulated });

const objectOf = (body: unknown): object => (typeof body === 'object' && body !== null ? body : {});
