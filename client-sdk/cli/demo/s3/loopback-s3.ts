/** An S3 that was started on loopback, and keeps nothing when it ends. */
export interface LoopbackS3 {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Ends it and removes its data. */
  readonly stop: () => Promise<void>
}

/** An S3 that this machine can start. */
export interface LoopbackS3Starter {
  readonly name: 'versitygw' | 'ceph-rgw'
  start(): Promise<LoopbackS3>
}

/** The environment, in which programs are looked for. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Keys for servers that are started here and reach nothing else. */
export const loopbackCredentials = {
  accessKeyId: 'LOOPBACKACCESSKEY',
  secretAccessKey: 'loopbacksecretkey',
} as const
