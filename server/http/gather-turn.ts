/**
 * A promise that is kept when the requests of this turn of the event loop have all been read.
 *
 * Requests that wait for it then go through each step together. Between two system calls a processor forgets
 * the code of the request before; answered one by one as they are read, small answers take twice the time.
 */
export function createGatherTurn(): () => Promise<void> {
  let gathered: Promise<void> | undefined
  const gather = (resolve: () => void): void => {
    setImmediate(() => {
      gathered = undefined
      resolve()
    })
  }
  return () => (gathered ??= new Promise(gather))
}
