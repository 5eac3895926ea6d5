/** PostgreSQL stores no text with a NUL; a log must be able to move there. */
export const noNul = '^[^\\u0000]*$'
