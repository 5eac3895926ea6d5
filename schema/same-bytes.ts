/** Whether two byte strings are the same; nothing here is secret, so the time may differ. */
export function sameBytes(left: Uint8Array, right: Uint8Array | undefined): boolean {
  if (left.length !== right?.length) return false
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false
  }
  return true
}
