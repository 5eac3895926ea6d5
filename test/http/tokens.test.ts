import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose'
import type { ErrorCode } from '../../schema/errors.ts'
import { createAuthenticate } from '../../server/http/authenticate.ts'
import { allGrants, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { refused } from '../register/scene.ts'

/** Seconds of the machine's own clock, which tokens are checked against. */
const nowSeconds = (): number => Math.floor(Date.now() / 1000)

const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

// Who asks is settled before the database is looked at, so one database is enough.
describe('a token of the local key', () => {
  let at: TestCatalog
  let key: JWK
  before(async () => {
    at = await openTestCatalog('sqlite')
    key = JSON.parse(readFileSync(join(at.config.dataDirectory, 'local-key.json'), 'utf8'))
  })
  after(() => at.close())

  const claims = (): JWTPayload => ({
    iss: 'cairn:local',
    aud: 'cairn',
    sub: 'job-1',
    iat: nowSeconds(),
    exp: nowSeconds() + 600,
    grants: allGrants,
  })
  const signed = async (payload: JWTPayload, header: object = {}): Promise<string> =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', ...header })
      .sign(await importJWK(key, 'EdDSA'))
  const ask = (authorization: string) =>
    at.call('GET', '/v1/namespaces', undefined, { authorization })
  const refusedFor = async (token: string, code: ErrorCode): Promise<void> => {
    const called = await ask(`Bearer ${token}`)
    refused(called, code)
    assert.match(called.headers.get('www-authenticate') ?? '', /^Bearer /)
    const text = JSON.stringify(called.body)
    for (const part of token.split('.').filter((one) => one.length > 8)) {
      assert.ok(!text.includes(part), 'the refusal repeats nothing of the token')
    }
  }

  test('is believed', async () => {
    assert.equal((await ask(`Bearer ${await signed(claims())}`)).status, 200)
  })

  test('may follow the scheme in any case, as RFC 9110 has it', async () => {
    const token = await signed(claims())
    for (const scheme of ['bearer', 'BEARER']) {
      assert.equal((await ask(`${scheme} ${token}`)).status, 200)
    }
  })

  test('is missing where the header is empty, and invalid where it is no bearer token', async () => {
    const token = await signed(claims())
    refused(await ask(''), 'TOKEN_MISSING')
    for (const header of [
      'Bearer',
      `Basic ${token}`,
      token,
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer "${token}"`,
      `Bearer ${'a'.repeat(16_385)}`,
    ]) {
      refused(await ask(header), 'TOKEN_INVALID')
    }
  })

  test('is refused when it is no JWT at all', async () => {
    for (const token of ['x', '..', 'a.b.c', `${encoded({ alg: 'EdDSA' })}.e30.AAAA`, '{}']) {
      await refusedFor(token, 'TOKEN_INVALID')
    }
  })

  test('is refused after its end, and before its beginning', async () => {
    const past = nowSeconds() - 60
    await refusedFor(await signed({ ...claims(), iat: past - 600, exp: past }), 'TOKEN_EXPIRED')
    await refusedFor(await signed({ ...claims(), nbf: nowSeconds() + 600 }), 'TOKEN_INVALID')
  })

  test('is refused for another audience or issuer', async () => {
    for (const wrong of [
      { aud: 'another-catalog' },
      { aud: ['another-catalog', 'cairn2'] },
      { iss: 'cairn:local2' },
      { iss: 'https://issuer.example' },
    ]) {
      await refusedFor(await signed({ ...claims(), ...wrong }), 'TOKEN_INVALID')
    }
  })

  test('is refused without a claim that it must have', async () => {
    for (const name of ['iss', 'aud', 'sub', 'iat', 'exp', 'grants']) {
      const { [name]: _, ...rest } = claims()
      await refusedFor(await signed(rest), 'TOKEN_INVALID')
    }
  })

  test('is refused when its grants are not understood', async () => {
    for (const grants of [
      null,
      {},
      'admin',
      [null],
      [{ verbs: 'admin', on: '*/*' }],
      [{ verbs: ['own'], on: '*/*' }],
      [{ verbs: ['read'] }],
      [{ verbs: ['read'], on: '*' }],
      [{ verbs: ['read'], on: 'a/b/c' }],
      [{ verbs: ['read'], on: '../*' }, { on: '*/*' }],
    ]) {
      await refusedFor(await signed({ ...claims(), grants }), 'TOKEN_INVALID')
    }
  })

  test('is refused without a signature, whatever "alg" says of it', async () => {
    const [, , signature] = (await signed(claims())).split('.')
    for (const alg of ['none', 'None', 'NONE', '', undefined]) {
      const unsigned = `${encoded({ alg, typ: 'JWT' })}.${encoded(claims())}`
      await refusedFor(`${unsigned}.`, 'TOKEN_INVALID')
      await refusedFor(`${unsigned}.${signature}`, 'TOKEN_INVALID')
    }
  })

  test('is refused when the public key was used as a shared secret', async () => {
    const { d: _, ...publicPart } = key
    for (const secret of [JSON.stringify(publicPart), publicPart.x ?? '']) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(secret.padEnd(32)))
      await refusedFor(token, 'TOKEN_INVALID')
    }
  })

  test('is refused when another key signed it, even one that it carries itself', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
    const jwk = await exportJWK(publicKey)
    for (const header of [{}, { jwk }, { jku: 'https://evil.example/keys' }, { kid: 'local' }]) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'EdDSA', ...header })
        .sign(privateKey)
      await refusedFor(token, 'TOKEN_INVALID')
    }
  })

  test('is refused when a byte of it was changed', async () => {
    const [header = '', , signature = ''] = (await signed(claims())).split('.')
    const more = encoded({ ...claims(), sub: 'job-2' })
    await refusedFor(`${header}.${more}.${signature}`, 'TOKEN_INVALID')
  })

  test('is refused for a critical header that nobody understands', async () => {
    const head = encoded({ alg: 'EdDSA', crit: ['urn:x'], 'urn:x': true })
    const [, payload, signature] = (await signed(claims())).split('.')
    await refusedFor(`${head}.${payload}.${signature}`, 'TOKEN_INVALID')
  })

  test('is remembered for a minute at most, and never beyond its end', async () => {
    let now = Date.now()
    let verifiedCount = 0
    const authenticate = createAuthenticate(
      async (token) => {
        verifiedCount += 1
        return at.catalog.verifyToken(token)
      },
      () => now,
    )
    const long = `Bearer ${await signed(claims())}`
    await authenticate(long)
    now += 59_000
    await authenticate(long)
    assert.equal(verifiedCount, 1)
    now += 2_000
    await authenticate(long)
    assert.equal(verifiedCount, 2)
    const short = `Bearer ${await signed({ ...claims(), exp: nowSeconds() + 30 })}`
    now = Date.now()
    await authenticate(short)
    now += 31_000
    await authenticate(short)
    assert.equal(verifiedCount, 4)
  })

  test('that was refused once is looked at again', async () => {
    let verifiedCount = 0
    const authenticate = createAuthenticate(async (token) => {
      verifiedCount += 1
      return at.catalog.verifyToken(token)
    }, Date.now)
    const token = `Bearer ${await signed({ ...claims(), aud: 'another' })}`
    for (const _ of [1, 2]) await assert.rejects(authenticate(token), { code: 'TOKEN_INVALID' })
    assert.equal(verifiedCount, 2)
  })
})
