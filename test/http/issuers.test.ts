import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'
import { parseConfig } from '../../server/config.ts'
import { newConfig, openTestCatalog, type Called, type TestCatalog } from '../harness/catalog.ts'
import { answered, refused } from '../register/scene.ts'

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** An issuer's signing key, and the file that tells the catalog its public half. */
async function newIssuer(
  directory: string,
  { name, algorithm }: { readonly name: string; readonly algorithm: string },
): Promise<{ readonly key: CryptoKey; readonly jwksFile: string }> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwksFile = join(directory, `${name}.jwks.json`)
  writeFileSync(
    jwksFile,
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: name }] }),
  )
  return { key: privateKey, jwksFile }
}

describe('a token of a configured issuer', () => {
  let at: TestCatalog
  let airKey: CryptoKey
  let railKey: CryptoKey
  before(async () => {
    const { dataDirectory } = await newConfig('sqlite')
    const air = await newIssuer(dataDirectory, { name: 'air', algorithm: 'ES256' })
    const rail = await newIssuer(dataDirectory, { name: 'rail', algorithm: 'EdDSA' })
    airKey = air.key
    railKey = rail.key
    const file = join(dataDirectory, 'auth.json')
    writeFileSync(
      file,
      JSON.stringify({
        issuers: [
          {
            issuer: 'https://air.example',
            audience: 'catalog',
            algorithms: ['ES256'],
            jwksFile: air.jwksFile,
            maxAgeSeconds: 3600,
          },
          {
            issuer: 'https://rail.example',
            audience: 'catalog',
            algorithms: ['EdDSA'],
            jwksFile: rail.jwksFile,
            maxAgeSeconds: 3600,
          },
        ],
        grants: [
          {
            issuer: 'https://air.example',
            claims: { repository: 'air/fares', ref: 'main' },
            verbs: ['read', 'append', 'admin'],
            on: '*/*',
          },
        ],
      }),
    )
    at = await openTestCatalog(
      'sqlite',
      parseConfig({ CAIRN_DATA_DIR: dataDirectory, CAIRN_AUTH_FILE: file, CAIRN_PORT: '0' }),
    )
    answered(await at.call('PUT', '/v1/namespaces/airline', {}), 200)
  })
  after(() => at.close())

  const claims = (): JWTPayload => ({
    iss: 'https://air.example',
    aud: 'catalog',
    sub: 'run-7',
    iat: nowSeconds(),
    exp: nowSeconds() + 600,
    repository: 'air/fares',
    ref: 'main',
  })
  const askWith = async (
    payload: JWTPayload,
    { key = airKey, alg = 'ES256', kid = 'air' } = {},
  ): Promise<Called> => {
    const token = await new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key)
    return at.call('GET', '/v1/namespaces/airline/jobs', undefined, {
      authorization: `Bearer ${token}`,
    })
  }

  test('may do what its claims were granted, and is named by issuer and subject', async () => {
    answered(await askWith(claims()), 200)
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', kid: 'air' })
      .sign(airKey)
    const opened = await at.call(
      'PUT',
      '/v1/namespaces/airline/jobs/fares',
      {},
      { authorization: `Bearer ${token}` },
    )
    answered(opened, 200)
    const { items } = answered(await at.call('GET', '/v1/namespaces/airline/entries'), 200)
    assert.equal(items.at(-1).entry.actor, 'https://air.example#run-7')
  })

  test('that brings grants of its own making has none of them', async () => {
    const grants = [{ verbs: ['read'], on: '*/*' }]
    refused(await askWith({ ...claims(), ref: 'other', grants }), 'FORBIDDEN')
  })

  test('is granted by the exact value of every claim, never by a part of it', async () => {
    for (const wrong of [
      { repository: 'air/fares-fork' },
      { repository: 'evil/air/fares' },
      { repository: 'AIR/fares' },
      { repository: ['air/fares'] },
      { repository: '*' },
      { ref: undefined },
    ]) {
      refused(await askWith({ ...claims(), ...wrong }), 'FORBIDDEN')
    }
  })

  test('is refused when another issuer signed it', async () => {
    const rail = { key: railKey, alg: 'EdDSA', kid: 'rail' }
    refused(await askWith(claims(), rail), 'TOKEN_INVALID')
    refused(await askWith(claims(), { ...rail, kid: 'air' }), 'TOKEN_INVALID')
    refused(await askWith({ ...claims(), iss: 'https://rail.example' }), 'TOKEN_INVALID')
  })

  test('is refused when nobody configured its issuer, or it says it is the local one', async () => {
    for (const iss of [
      'https://air.example/',
      'https://air.example.evil.example',
      'cairn:local',
      '',
    ]) {
      refused(await askWith({ ...claims(), iss }), 'TOKEN_INVALID')
    }
  })

  test('is refused for another audience, or without a claim that it must have', async () => {
    refused(await askWith({ ...claims(), aud: 'cairn' }), 'TOKEN_INVALID')
    for (const name of ['iss', 'aud', 'sub', 'iat', 'exp']) {
      const { [name]: _, ...rest } = claims()
      refused(await askWith(rest), 'TOKEN_INVALID')
    }
  })

  test('is refused after its end, and once it is older than its issuer may be trusted', async () => {
    const old = nowSeconds() - 7200
    refused(await askWith({ ...claims(), iat: old, exp: old + 60 }), 'TOKEN_EXPIRED')
    refused(await askWith({ ...claims(), iat: old }), 'TOKEN_EXPIRED')
    refused(await askWith({ ...claims(), iat: nowSeconds() + 3600 }), 'TOKEN_INVALID')
  })

  test('is refused under an algorithm or a key that was not listed', async () => {
    const { privateKey } = await generateKeyPair('ES384')
    refused(await askWith(claims(), { key: privateKey, alg: 'ES384' }), 'TOKEN_INVALID')
    refused(await askWith(claims(), { kid: 'unknown' }), 'TOKEN_INVALID')
  })

  test('stands beside those of the local key', async () => {
    answered(await at.call('GET', '/v1/namespaces'), 200)
  })
})
