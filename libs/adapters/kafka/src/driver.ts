import kafkajs from 'kafkajs';

/** kafkajs is CommonJS and Node sees only some of its names: they are taken from the whole. */
export const {
  Kafka,
  AssignerProtocol,
  CompressionCodecs,
  CompressionTypes,
  ConfigResourceTypes,
  Partitioners,
  logLevel,
} = kafkajs;
