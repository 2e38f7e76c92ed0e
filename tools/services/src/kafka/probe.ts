import { Kafka, logLevel } from 'kafkajs';

const PROBE_MS = 2_000;

/** Asks the broker who is in the cluster and who controls it: it says so once it has been elected and let in. */
export const brokerAnswers = async (port: number): Promise<boolean> => {
  const kafka = new Kafka({
    clientId: 'outrider-services',
    brokers: [`127.0.0.1:${port}`],
    connectionTimeout: PROBE_MS,
    requestTimeout: PROBE_MS,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return brokers.length === 1 && controller === 1;
  } finally {
    await admin.disconnect();
  }
};
