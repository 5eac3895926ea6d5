/** The child's end: answers each request of the process that started it, and ends with it. */
export function answerRequests<Request>(
  handle: (request: Request) => Promise<unknown>,
  onEnd: () => Promise<void> = async () => undefined,
): void {
  process.on('message', (request) => {
    handle(request as Request).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) =>
        process.send?.({ failure: error instanceof Error ? (error.stack ?? '') : String(error) }),
    )
  })
  process.once('disconnect', () => {
    onEnd().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}

/** Tells the process that started this one how far it has come. */
export function reportProgress(progress: string): void {
  process.send?.({ progress })
}
