/** The version of the scenario language that this loader reads. */
export const SCHEMA_VERSION = 1;
