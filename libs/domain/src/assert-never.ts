/** Ends a switch over a discriminated union: an unknown variant is an error, not a skip. */
export const assertNever = (value: never): never => {
  throw new Error(`unexpected variant: ${JSON.stringify(value)}`);
};
