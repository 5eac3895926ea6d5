import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { MAX_WITNESS_REQUEST_BYTES } from '../../schema/transparency/witness-request.ts'
import { addCheckpoint, type Witness, type WitnessAnswer } from './add-checkpoint.ts'

/**
 * The HTTP application of a witness. It asks for no token: what it is told is signed by the log.
 *
 * @see https://c2sp.org/tlog-witness@v1.0.0
 */
export function createWitnessApp(witness: Witness): Hono {
  const app = new Hono()
  const limit = bodyLimit({
    maxSize: MAX_WITNESS_REQUEST_BYTES,
    onError: (http) =>
      http.text('The request is larger than any tree head and its proof.\n', 413, {
        // The rest of the body was not read, so nothing else can follow on the connection.
        connection: 'close',
      }),
  })
  app.post('/add-checkpoint', limit, async (http) =>
    responseOf(await addCheckpoint(witness, new Uint8Array(await http.req.arrayBuffer()))),
  )
  app.get('/:originHash{[0-9a-f]{64}}/checkpoint', (http) => {
    const found = witness.heads.find(http.req.param('originHash'))
    return found === undefined
      ? http.text('This witness has cosigned no tree head of that log.\n', 404)
      : new Response(found.signedHead, { headers: plainText })
  })
  return app
}

const plainText = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }

function responseOf(answer: WitnessAnswer): Response {
  switch (answer.status) {
    case 200:
      return new Response(answer.lines, { headers: plainText })
    case 409: {
      const headers = { ...plainText, 'content-type': 'text/x.tlog.size' }
      return new Response(`${answer.size}\n`, { status: 409, headers })
    }
    default:
      return new Response(`${answer.reason}\n`, { status: answer.status, headers: plainText })
  }
}
