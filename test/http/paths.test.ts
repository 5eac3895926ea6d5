import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ErrorCode } from '../../schema/errors.ts'
import { parseConfig } from '../../server/config.ts'
import { newConfig, openTestCatalog, type Called, type TestCatalog } from '../harness/catalog.ts'
import { answered, declareScene, refused, type Scene } from '../register/scene.ts'
import { everyOperation, fillPath, nothingRecorded, recordFor, requestFor } from './requests.ts'

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY']

const paths = [...new Set(everyOperation.map(([, { path }]) => path))]

/** Methods that the table has for a path: `batch` is also where a digest could stand. */
function methodsAt(target: string): readonly string[] {
  const parts = target.split('/')
  const fits = (path: string): boolean => {
    const template = path.split('/')
    return (
      template.length === parts.length &&
      template.every((part, place) => part.startsWith('{') || part === parts[place])
    )
  }
  return everyOperation.filter(([, { path }]) => fits(path)).map(([, { method }]) => method)
}

// What is refused here is refused before the database is looked at, so one database is enough.
describe('a path', () => {
  let at: TestCatalog
  let scene: Scene
  before(async () => {
    at = await openTestCatalog('sqlite')
    scene = await declareScene(at, 'airline')
    await recordFor(scene, 'fares')
  })
  after(() => at.close())

  test("is found by hono's fast router: one that it cannot hold would slow all down, and say nothing", async () => {
    await at.app.request('http://localhost/healthz')
    assert.equal(at.app.router.name, 'SmartRouter + RegExpRouter')
  })

  const askAt = async (target: string, method = 'GET'): Promise<Called> => {
    const response = await at.app.request(`http://localhost${target}`, {
      method,
      headers: { authorization: `Bearer ${at.token}` },
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  for (const path of paths) {
    const target = fillPath(path, {
      ...nothingRecorded,
      digest: nothingRecorded.checkpoint,
      run: 'run-1',
    })
    const known = methodsAt(target)
    test(`${path} answers ${known.join(', ')} and no other method`, async () => {
      const size = await scene.size()
      for (const method of methods) {
        const asked = method === 'HEAD' ? 'GET' : method
        if (known.includes(asked)) continue
        const called = await at.call(method, target)
        assert.equal(called.status, 405, method)
        if (method !== 'HEAD') refused(called, 'METHOD_NOT_ALLOWED')
        assert.deepEqual(called.headers.get('allow')?.split(', ').toSorted(), known.toSorted())
      }
      assert.equal(await scene.size(), size)
    })
  }

  const tricks: readonly (readonly [string, ErrorCode])[] = [
    ['/v1/namespaces/%2e%2e/jobs', 'ROUTE_NOT_FOUND'],
    ['/v1/namespaces/airline/jobs/%2e%2e%2f', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%2e%2e%2flatest', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/fares%2flatest', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/fares%5clatest', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/fares;v=1', 'INVALID_NAME'],
    ['/v1/namespaces/airline;x=1/jobs', 'INVALID_NAME'],
    ['/v1/namespaces/airline%00/jobs', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/fares%0a', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/fares%20', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%252e%252e', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%2566ares', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%zz', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%ff', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/%c0%ae%c0%ae', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/.hidden', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/a..b', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/ｆares', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/*', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/__proto__', 'INVALID_NAME'],
    ['/v1/namespaces/airline/jobs/FARES', 'INVALID_NAME'],
    ['/v1/namespaces/Airline/jobs', 'INVALID_NAME'],
    [`/v1/namespaces/airline/jobs/${'a'.repeat(129)}`, 'INVALID_NAME'],
    ['/v1/namespaces/airline/checkpoints/latest', 'INVALID_DIGEST'],
    [`/v1/namespaces/airline/checkpoints/sha256:${'A'.repeat(64)}`, 'INVALID_DIGEST'],
    [`/v1/namespaces/airline/checkpoints/sha256:${'a'.repeat(65)}`, 'INVALID_DIGEST'],
    [`/v1/namespaces/airline/checkpoints/md5:${'a'.repeat(32)}`, 'INVALID_DIGEST'],
    ['/v1/namespaces//jobs', 'ROUTE_NOT_FOUND'],
    ['/v1/namespaces/airline/jobs/fares/', 'ROUTE_NOT_FOUND'],
    ['/v1/namespaces/airline/jobs//', 'ROUTE_NOT_FOUND'],
    ['//v1/namespaces', 'ROUTE_NOT_FOUND'],
    ['/V1/namespaces', 'ROUTE_NOT_FOUND'],
    ['/v2/namespaces', 'ROUTE_NOT_FOUND'],
    ['/v1/namespaces.json', 'ROUTE_NOT_FOUND'],
    ['/', 'ROUTE_NOT_FOUND'],
    ['/.env', 'ROUTE_NOT_FOUND'],
    [`/${'x'.repeat(8000)}`, 'ROUTE_NOT_FOUND'],
  ]
  for (const [target, code] of tricks) {
    test(`${target.slice(0, 90)} leads nowhere`, async () => {
      refused(await askAt(target), code)
    })
  }

  test('may write plain letters in their escaped form, as RFC 3986 has it', async () => {
    answered(await askAt('/v1/namespaces/airline/jobs/f%61res'), 200)
    answered(await askAt('/v1/namespaces/airline/jobs/fares#latest'), 200)
  })

  test('that asks for a head is answered as GET is, without the body', async () => {
    for (const [id, operation] of everyOperation) {
      if (operation.method !== 'GET') continue
      const request = requestFor(id, nothingRecorded)
      const [head, got] = [await at.call('HEAD', request.path), await at.call('GET', request.path)]
      assert.equal(head.status, got.status, id)
      assert.equal(head.body, undefined)
      for (const name of ['content-type', 'cache-control', 'etag']) {
        assert.equal(head.headers.get(name), got.headers.get(name), `${id} ${name}`)
      }
    }
  })

  test('of the service says nothing of what is stored, and needs no token', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.yaml']) {
      const response = await at.app.request(path)
      assert.equal(response.status, 200)
      assert.doesNotMatch(await response.text(), /fares/)
    }
  })
})

describe('a host', () => {
  let at: TestCatalog
  before(async () => {
    const { dataDirectory } = await newConfig('sqlite')
    at = await openTestCatalog(
      'sqlite',
      parseConfig({
        CAIRN_DATA_DIR: dataDirectory,
        CAIRN_ALLOWED_HOSTS: 'Catalog.Example, b.example',
      }),
    )
  })
  after(() => at.close())

  const askOf = (headers: Record<string, string>) =>
    at.call('GET', '/v1/namespaces', undefined, headers)

  test('that is not ours is refused by every operation, before it looks at a token', async () => {
    for (const [id] of everyOperation) {
      const { method, path, body } = requestFor(id, nothingRecorded)
      const called = await at.call(method, path, body, { host: 'evil.example', authorization: '' })
      refused(called, 'HOST_NOT_ALLOWED')
    }
  })

  test('that is not ours is refused in every spelling', async () => {
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      'evil.example:7420',
      'evil-localhost',
      'user@localhost',
      'localhost@evil.example',
      '[::2]:80',
      '[::1',
      '::1:80',
      '127.0.0.2',
      '0.0.0.0',
      'localhost, evil.example',
      '',
    ]) {
      refused(await askOf({ host }), 'HOST_NOT_ALLOWED')
    }
  })

  test('of our own is taken in any case, with any port', async () => {
    for (const host of [
      'localhost',
      'LOCALHOST:7420',
      '127.0.0.1:1',
      '[::1]',
      '[::1]:7420',
      'catalog.example',
      'Catalog.Example:443',
      'b.example',
    ]) {
      answered(await askOf({ host }), 200)
    }
  })

  test('of the page that asks must be ours too', async () => {
    for (const origin of [
      'https://evil.example',
      'http://localhost.evil.example',
      'http://localhost@evil.example',
      'null',
      'file://',
      'localhost',
      'data:text/html,x',
      '',
    ]) {
      refused(await askOf({ origin }), 'HOST_NOT_ALLOWED')
    }
    for (const origin of [
      'http://localhost:7420',
      'http://[::1]:7420',
      'https://catalog.example',
    ]) {
      const called = await askOf({ origin })
      answered(called, 200)
      assert.equal(called.headers.get('access-control-allow-origin'), null)
    }
  })
})
