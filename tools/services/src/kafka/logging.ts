import type { KafkaLine } from './lock-file.ts';

/** Warnings alone, to the output that is the log file. Kafka 4 logs through Log4j 2, 3.9 through its predecessor. */
export const loggingConfig = (
  line: KafkaLine,
): { readonly file: string; readonly text: string; readonly flag: string } =>
  line === '4'
    ? { file: 'log4j2.xml', text: LOG4J2, flag: '-Dlog4j2.configurationFile=' }
    : { file: 'log4j.properties', text: LOG4J, flag: '-Dlog4j.configuration=file:' };

const LOG4J2 = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d %p %m (%c)%n%ex{12}"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
  </Loggers>
</Configuration>
`;

const LOG4J = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %m (%c)%n
log4j.logger.kafka.server.KafkaRaftServer=INFO
`;
