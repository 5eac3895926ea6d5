import { NAMESPACE, type Registrable } from './fixture.ts'

const prefix = `/v1/namespaces/${NAMESPACE}`

/** Makes requests of one token: the bytes that go over the wire. */
export interface Requests {
  get(path: string): Buffer
  post(path: string, body: string): Buffer
  register(checkpoint: Registrable): Buffer
  registerAll(checkpoints: readonly Registrable[]): Buffer
}

/** Requests as the SDK sends them, headers included. */
export function makeRequests(token: string): Requests {
  const common = `host: 127.0.0.1\r\nauthorization: Bearer ${token}\r\naccept: application/json\r\n`
  const post = (path: string, body: string): Buffer =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\n${common}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
  return {
    get: (path) => Buffer.from(`GET ${path} HTTP/1.1\r\n${common}\r\n`),
    post,
    register: (checkpoint) => post(`${prefix}/checkpoints`, registration(checkpoint)),
    registerAll: (checkpoints) =>
      post(`${prefix}/checkpoints/batch`, `{"items":[${checkpoints.map(registration).join(',')}]}`),
  }
}

/** The body of one registration, in canonical form. */
export function registration({ text, digest }: Registrable): string {
  return `{"digest":"${digest}","manifest":${text}}`
}
