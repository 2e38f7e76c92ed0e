/** This machine cannot have the engine; the message says why and what to install. */
export class MissingEngineError extends Error {
  override readonly name = 'MissingEngineError';
}
